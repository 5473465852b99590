import type { Client, ClientBase } from "pg";
import type { Properties, ResourceType } from "../../runner/plugin/resourceType";
import { flag, optional, text, texts } from "../../runner/requests/inputShape";
import type { Connections } from "./connections";
import { lockTouched } from "./locks";
import { asMemberOf } from "./memberships";
import {
  checkShape,
  diffShape,
  readResult,
  withDefaults,
  only,
  type PropertiesOf,
  type Shape,
} from "./shape";
import { name, literal } from "./sql";
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

function createRoleStatements(role: Role): string[] {
  const options = [
    ...(role.password === undefined ? [] : [`PASSWORD ${literal(role.password)}`]),
    // As the official plugin writes it.
    "VALID UNTIL 'infinity' CONNECTION LIMIT -1",
    ...FLAGS.map((flag) => flagOption(role, flag)),
  ];
  return [
    `CREATE ROLE ${name(role.name)} WITH ${options.join(" ")}`,
    ...role.roles.map((one) => `GRANT ${name(one)} TO ${name(role.name)}`),
  ];
}

/**
 * The statements that change a role. They name only attributes that differ: before PostgreSQL 16 only a superuser may name
 * some attributes, even unchanged.
 */
function updateRoleStatements(old: Role, role: Role): string[] {
  const options = [
    ...FLAGS.filter(([key]) => old[key] !== role[key]).map((flag) => flagOption(role, flag)),
    ...passwordChange(old, role),
  ];
  const revoked = old.roles.filter((one) => !role.roles.includes(one));
  const granted = role.roles.filter((one) => !old.roles.includes(one));
  return [
    ...(options.length === 0 ? [] : [`ALTER ROLE ${name(role.name)} WITH ${options.join(" ")}`]),
    ...revoked.map((one) => `REVOKE ${name(one)} FROM ${name(role.name)}`),
    ...granted.map((one) => `GRANT ${name(one)} TO ${name(role.name)}`),
  ];
}

const FLAGS = [
  ["superuser", "SUPERUSER"],
  ["createDatabase", "CREATEDB"],
  ["createRole", "CREATEROLE"],
  ["inherit", "INHERIT"],
  ["login", "LOGIN"],
  ["bypassRowLevelSecurity", "BYPASSRLS"],
  ["replication", "REPLICATION"],
] as const;

function flagOption(role: Role, [key, keyword]: (typeof FLAGS)[number]): string {
  return role[key] ? keyword : `NO${keyword}`;
}

/** A verifier (`SCRAM-SHA-256$…`) passes as it is; plain text reaches the server's log, so give a verifier. */
function passwordChange(old: Role, { password }: Role): string[] {
  if (old.password === password) {
    return [];
  }
  return [password === undefined ? "PASSWORD NULL" : `PASSWORD ${literal(password)}`];
}

const isNo = { rule: optional(flag), otherwise: false };

/** A role's properties by the SDK's names, with the official plugin's defaults. */
const ROLE_SHAPE = {
  name: { rule: text, replaces: true },
  password: { rule: optional(text) },
  superuser: isNo,
  createDatabase: isNo,
  createRole: isNo,
  inherit: { rule: optional(flag), otherwise: true },
  login: isNo,
  replication: isNo,
  bypassRowLevelSecurity: isNo,
  roles: { rule: optional(texts), otherwise: [] },
  passwordWoVersion: only(""),
  encryptedPassword: only(true),
  connectionLimit: only(-1),
  validUntil: only("infinity"),
  searchPaths: only([]),
  statementTimeout: only(0),
  idleInTransactionSessionTimeout: only(0),
  assumeRole: only(""),
  skipDropRole: only(false),
  skipReassignOwned: only(false),
} as const satisfies Shape;

type Role = PropertiesOf<typeof ROLE_SHAPE>;
