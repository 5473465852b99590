import type { Client } from "pg";
import type { Properties, ResourceType } from "../../runner/plugin/resourceType";
import type { Connections } from "./connections";
import {
  changeDatabase,
  createDatabase,
  dropDatabase,
  readDatabase,
  type Database,
} from "./databaseStatements";
import { checkShape, diffShape, readResult, withDefaults, type Shape } from "./shape";
import { withoutTransaction } from "./transaction";

/** The official plugin's defaults. Where there are none, absent means whatever the server has. */
const SHAPE = {
  name: { kind: "text", isRequired: true },
  owner: { kind: "text" },
  template: { kind: "text", replaces: true },
  encoding: { kind: "text", replaces: true },
  lcCollate: { kind: "text", replaces: true },
  lcCtype: { kind: "text", replaces: true },
  tablespaceName: { kind: "text" },
  connectionLimit: { kind: "number", otherwise: -1 },
  allowConnections: { kind: "flag", otherwise: true },
  isTemplate: { kind: "flag", otherwise: false },
  alterObjectOwnership: { kind: "flag", otherwise: false },
} as const satisfies Shape;

/** `postgresql.Database`. Its id is its name. A database that the stand-in makes is marked as unprotected. */
export function databaseResource(connections: () => Connections): ResourceType {
  const onServer = async <T>(what: string, work: (client: Client) => Promise<T>): Promise<T> => {
    const { databaseName } = connections().settings;
    return withoutTransaction(connections(), databaseName, what, work);
  };

  return {
    check: (inputs) => Promise.resolve(checkShape(SHAPE, inputs)),
    diff: (_id, oldInputs, _oldOutputs, newInputs) =>
      Promise.resolve(diffShape(SHAPE, oldInputs, newInputs)),
    create: async (inputs, { preview }) => {
      const full = withDefaults(SHAPE, inputs);
      const database = databaseOf(full);
      if (preview) {
        return { id: "", outputs: full };
      }
      const found = await onServer(`creating the database "${database.name}"`, async (client) => {
        await createDatabase(client, database);
        return readDatabase(client, database.name);
      });
      return { id: database.name, outputs: { ...full, ...found } };
    },
    read: async (id, inputs, outputs) => {
      const database = typeof outputs["name"] === "string" ? outputs["name"] : id;
      const found = await onServer(`reading the database "${database}"`, (client) =>
        readDatabase(client, database),
      );
      return found === undefined ? undefined : readResult(SHAPE, database, inputs, found);
    },
    update: async (_id, oldInputs, oldOutputs, newInputs, { preview }) => {
      const full = withDefaults(SHAPE, newInputs);
      if (preview) {
        return full;
      }
      const old = databaseOf(withDefaults(SHAPE, { ...oldOutputs, ...oldInputs }));
      await connections().closeIdle(old.name);
      const found = await onServer(`changing the database "${old.name}"`, async (client) => {
        await changeDatabase(client, old, databaseOf(full));
        return readDatabase(client, databaseOf(full).name);
      });
      return { ...full, ...found };
    },
    delete: async (_id, inputs) => {
      const database = databaseOf(withDefaults(SHAPE, inputs));
      await connections().closeIdle(database.name);
      await onServer(`dropping the database "${database.name}"`, (client) =>
        dropDatabase(client, database),
      );
    },
  };
}

function databaseOf(full: Properties): Database {
  return full as unknown as Database;
}
