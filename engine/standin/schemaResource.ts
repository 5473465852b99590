import type { Client } from "pg";
import type { Properties, ResourceType } from "../../runner/plugin/resourceType";
import type { Connections } from "./connections";
import { isDatabaseThere } from "./databaseThere";
import { lockTouched } from "./locks";
import { asMemberOf } from "./memberships";
import { checkShape, diffShape, readResult, withDefaults, type Shape } from "./shape";
import { name } from "./sql";
import { inTransaction } from "./transaction";

const SHAPE = {
  name: { kind: "text", isRequired: true },
  database: { kind: "text", replaces: true },
  owner: { kind: "text" },
  ifNotExists: { kind: "flag", otherwise: true },
  dropCascade: { kind: "flag", otherwise: false },
} as const satisfies Shape;

interface Schema {
  readonly name: string;
  readonly database: string;
  readonly owner?: string;
  readonly ifNotExists: boolean;
  readonly dropCascade: boolean;
}

/** `postgresql.Schema`, without its policies, which `Grant` says as well. Its id is `database.schema`. */
export function schemaResource(connections: () => Connections): ResourceType {
  const schemaOf = (properties: Properties): Schema => {
    const { databaseName: database } = connections().settings;
    return { database, ...withDefaults(SHAPE, properties) } as unknown as Schema;
  };
  const onServer = async <T>(
    verb: string,
    schema: Schema,
    work: (client: Client) => Promise<T>,
  ): Promise<T> => {
    const what = `${verb} the schema "${schema.name}"`;
    return inTransaction(connections(), schema.database, what, async (client) => {
      await lockTouched(client, { schemas: [schema.name], databases: [schema.database] });
      return work(client);
    });
  };

  return {
    check: (inputs) => Promise.resolve(checkShape(SHAPE, inputs)),
    diff: (_id, oldInputs, _oldOutputs, newInputs) =>
      Promise.resolve(diffShape(SHAPE, oldInputs, newInputs)),
    create: async (inputs, { preview }) => {
      if (preview) {
        return { id: "", outputs: withDefaults(SHAPE, inputs) };
      }
      const schema = schemaOf(inputs);
      const owner = await onServer("creating", schema, (client) => create(client, schema));
      return { id: idOf(schema), outputs: { ...schema, owner } };
    },
    read: async (id, inputs, outputs) => {
      const [database, ...rest] = id.split(".");
      const schema = schemaOf({ database, name: rest.join("."), ...outputs });
      if (!(await isDatabaseThere(connections(), schema.database))) {
        return undefined;
      }
      const owner = await onServer("reading", schema, (client) => ownerOf(client, schema.name));
      if (owner === undefined) {
        return undefined;
      }
      const found = { name: schema.name, database: schema.database, owner };
      return readResult(SHAPE, idOf(schema), inputs, found);
    },
    update: async (_id, _oldInputs, oldOutputs, newInputs, { preview }) => {
      const old = schemaOf(oldOutputs);
      const schema = { ...schemaOf(newInputs), database: old.database };
      if (preview) {
        return { ...schema };
      }
      const owner = await onServer("changing", old, (client) => change(client, old, schema));
      return { ...schema, owner };
    },
    delete: async (_id, inputs, outputs) => {
      const schema = schemaOf({ ...outputs, ...inputs });
      if (await isDatabaseThere(connections(), schema.database)) {
        await onServer("dropping", schema, (client) => drop(client, schema));
      }
    },
  };
}

async function create(client: Client, schema: Schema): Promise<string | undefined> {
  const existing = await ownerOf(client, schema.name);
  if (existing !== undefined && schema.ifNotExists) {
    await changeOwner(client, schema, existing);
  } else {
    const members = [await databaseOwner(client), ...(schema.owner ? [schema.owner] : [])];
    const authorization = schema.owner ? ` AUTHORIZATION ${name(schema.owner)}` : "";
    await asMemberOf(client, members, () =>
      client.query(`CREATE SCHEMA ${name(schema.name)}${authorization}`),
    );
  }
  return ownerOf(client, schema.name);
}

async function change(client: Client, old: Schema, schema: Schema): Promise<string | undefined> {
  const owner = await ownerOf(client, old.name);
  if (old.name !== schema.name && owner !== undefined) {
    await asMemberOf(client, [owner, await databaseOwner(client)], () =>
      client.query(`ALTER SCHEMA ${name(old.name)} RENAME TO ${name(schema.name)}`),
    );
  }
  await changeOwner(client, schema, owner);
  return ownerOf(client, schema.name);
}

async function changeOwner(
  client: Client,
  schema: Schema,
  current: string | undefined,
): Promise<void> {
  const { owner } = schema;
  if (owner !== undefined && owner !== "" && owner !== current) {
    const members = [owner, await databaseOwner(client), ...(current ? [current] : [])];
    await asMemberOf(client, members, () =>
      client.query(`ALTER SCHEMA ${name(schema.name)} OWNER TO ${name(owner)}`),
    );
  }
}

async function drop(client: Client, schema: Schema): Promise<void> {
  const owner = await ownerOf(client, schema.name);
  if (owner !== undefined) {
    const mode = schema.dropCascade ? "CASCADE" : "RESTRICT";
    await asMemberOf(client, [owner], () =>
      client.query(`DROP SCHEMA ${name(schema.name)} ${mode}`),
    );
  }
}

async function ownerOf(client: Client, schema: string): Promise<string | undefined> {
  const { rows } = await client.query<{ owner: string }>(
    "SELECT pg_get_userbyid(nspowner) AS owner FROM pg_catalog.pg_namespace WHERE nspname = $1",
    [schema],
  );
  return rows[0]?.owner;
}

async function databaseOwner(client: Client): Promise<string> {
  const { rows } = await client.query<{ owner: string }>(
    "SELECT pg_get_userbyid(datdba) AS owner FROM pg_catalog.pg_database WHERE datname = current_database()",
  );
  return rows[0]?.owner ?? "";
}

function idOf({ database, name: schema }: Schema): string {
  return `${database}.${schema}`;
}
