import type { Client } from "pg";
import type { Properties, ResourceType } from "../../runner/plugin/resourceType";
import type { Connections } from "./connections";
import { lockTouched } from "./locks";
import { asMemberOf } from "./memberships";
import { readRole } from "./roleRead";
import { ROLE_SHAPE, roleOutputs, type Role } from "./roleShape";
import { createRoleStatements, updateRoleStatements } from "./roleStatements";
import { checkShape, diffShape, readResult, withDefaults } from "./shape";
import { name } from "./sql";
import { inTransaction } from "./transaction";

/** `postgresql.Role`: a role, its attributes, the roles it is a member of, its settings. Its id is its name. */
export function roleResource(connections: () => Connections): ResourceType {
  const onServer = async <T>(what: string, work: (client: Client) => Promise<T>): Promise<T> => {
    const { settings } = connections();
    return inTransaction(connections(), settings.databaseName, what, work);
  };
  const runAll = async (client: Client, statements: readonly string[]): Promise<void> => {
    for (const statement of statements) {
      await client.query(statement);
    }
  };

  return {
    secretOutputs: ["password", "passwordWo"],
    check: (inputs) => Promise.resolve(checkShape(ROLE_SHAPE, inputs)),
    diff: (_id, oldInputs, _oldOutputs, newInputs) =>
      Promise.resolve(diffShape(ROLE_SHAPE, oldInputs, newInputs)),
    create: async (inputs, { preview }) => {
      const full = withDefaults(ROLE_SHAPE, inputs);
      const role = roleOf(full);
      if (!preview) {
        await onServer(`creating the role "${role.name}"`, (client) =>
          runAll(client, createRoleStatements(role)),
        );
      }
      return { id: role.name, outputs: roleOutputs(full) };
    },
    read: async (id, inputs, outputs) => {
      // A rename leaves the id as it was: the engine has no way to change it in an update.
      const role = typeof outputs["name"] === "string" ? outputs["name"] : id;
      const { settings } = connections();
      const found = await onServer(`reading the role "${role}"`, (client) =>
        readRole(client, settings, role, inputs),
      );
      if (found === undefined) {
        return undefined;
      }
      const read = readResult(ROLE_SHAPE, role, inputs, found);
      return { ...read, outputs: roleOutputs(read.outputs) };
    },
    update: async (_id, oldInputs, _oldOutputs, newInputs, { preview }) => {
      const full = withDefaults(ROLE_SHAPE, newInputs);
      const [old, role] = [roleOf(withDefaults(ROLE_SHAPE, oldInputs)), roleOf(full)];
      if (!preview) {
        await onServer(`changing the role "${old.name}"`, async (client) => {
          await lockTouched(client, { roles: [old.name] });
          await runAll(client, updateRoleStatements(old, role));
        });
      }
      return roleOutputs(full);
    },
    delete: async (_id, inputs) => {
      const role = roleOf(withDefaults(ROLE_SHAPE, inputs));
      const { databaseUsername } = connections().settings;
      await onServer(`deleting the role "${role.name}"`, (client) =>
        deleteRole(client, role, databaseUsername),
      );
    },
  };
}

/** What the role owns in this database goes to the login, what it may do is taken back, and then it goes. */
async function deleteRole(client: Client, role: Role, heir: string): Promise<void> {
  await lockTouched(client, { roles: [role.name] });
  const { rowCount } = await client.query("SELECT FROM pg_catalog.pg_roles WHERE rolname = $1", [
    role.name,
  ]);
  if (rowCount === 0) {
    return;
  }
  if (!role.skipReassignOwned) {
    await asMemberOf(client, [role.name], async () => {
      await client.query(`REASSIGN OWNED BY ${name(role.name)} TO ${name(heir)}`);
      await client.query(`DROP OWNED BY ${name(role.name)}`);
    });
  }
  if (!role.skipDropRole) {
    await client.query(`DROP ROLE ${name(role.name)}`);
  }
}

function roleOf(full: Properties): Role {
  return full as unknown as Role;
}
