import type { Client, ClientBase } from "pg";
import type { Properties, ResourceType } from "../../runner/plugin/resourceType";
import type { Connections } from "./connections";
import { lockTouched } from "./locks";
import { asMemberOf } from "./memberships";
import { ROLE_SHAPE } from "./roleShape";
import { createRoleStatements, updateRoleStatements } from "./roleStatements";
import { checkShape, diffShape, readResult, withDefaults } from "./shape";
import { name } from "./sql";
import { inTransaction } from "./transaction";

/** `postgresql.Role`: a role, its attributes, the roles it is a member of. Its id is its name. */
export function roleResource(connections: () => Connections): ResourceType {
  const onServer = async <T>(what: string, work: (client: Client) => Promise<T>): Promise<T> => {
    const { databaseName } = connections().settings.connection;
    return inTransaction(connections(), databaseName, what, work);
  };
  const runAll = async (client: Client, statements: readonly string[]): Promise<void> => {
    for (const statement of statements) {
      await client.query(statement);
    }
  };

  return {
    secretOutputs: ["password"],
    check: (inputs) => Promise.resolve(checkShape(ROLE_SHAPE, inputs)),
    diff: (_id, oldInputs, _oldOutputs, newInputs) =>
      Promise.resolve(diffShape(ROLE_SHAPE, oldInputs, newInputs)),
    create: async (inputs, { preview }) => {
      const role = withDefaults(ROLE_SHAPE, inputs);
      if (!preview) {
        await onServer(`creating the role "${role.name}"`, (client) =>
          runAll(client, createRoleStatements(role)),
        );
      }
      return { id: role.name, outputs: role };
    },
    read: async (id, inputs) => {
      const found = await onServer(`reading the role "${id}"`, (client) => readRole(client, id));
      return found === undefined ? undefined : readResult(ROLE_SHAPE, id, inputs, found);
    },
    update: async (_id, oldInputs, _oldOutputs, newInputs, { preview }) => {
      const old = withDefaults(ROLE_SHAPE, oldInputs);
      const role = withDefaults(ROLE_SHAPE, newInputs);
      if (!preview) {
        await onServer(`changing the role "${role.name}"`, async (client) => {
          await lockTouched(client, [role.name]);
          await runAll(client, updateRoleStatements(old, role));
        });
      }
      return role;
    },
    delete: async (id) => {
      const { databaseUsername } = connections().settings;
      await onServer(`deleting the role "${id}"`, (client) =>
        deleteRole(client, id, databaseUsername),
      );
    },
  };
}

/** What the role owns in this database goes to the login, what it may do is taken back, and then it goes. */
async function deleteRole(client: Client, role: string, heir: string): Promise<void> {
  await lockTouched(client, [role]);
  if ((await readRole(client, role)) === undefined) {
    return;
  }
  await asMemberOf(client, [role], async () => {
    await client.query(`REASSIGN OWNED BY ${name(role)} TO ${name(heir)}`);
    await client.query(`DROP OWNED BY ${name(role)}`);
  });
  await client.query(`DROP ROLE ${name(role)}`);
}

/** A role's properties as the server has them, but for its password; undefined where there is no such role. */
async function readRole(client: ClientBase, role: string): Promise<Properties | undefined> {
  const { rows } = await client.query<{ found: Properties }>(
    `SELECT json_build_object(
              'name', r.rolname,
              'superuser', r.rolsuper,
              'createDatabase', r.rolcreatedb,
              'createRole', r.rolcreaterole,
              'inherit', r.rolinherit,
              'login', r.rolcanlogin,
              'replication', r.rolreplication,
              'bypassRowLevelSecurity', r.rolbypassrls,
              'roles', coalesce((SELECT json_agg(DISTINCT pg_get_userbyid(m.roleid))
                                   FROM pg_catalog.pg_auth_members m WHERE m.member = r.oid), '[]')
            ) AS found
       FROM pg_catalog.pg_roles r WHERE r.rolname = $1`,
    [role],
  );
  return rows[0]?.found;
}
