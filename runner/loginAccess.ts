import type { ClientBase } from "pg";
import type { Snapshot } from "./catalog";

/** A login of the settings, as it must be: it logs in, and is a member of its one group role. */
const LOGIN_ROLE = {
  login: true,
  superuser: false,
  createRole: false,
  createDatabase: false,
  inherit: true,
  replication: false,
  bypassRowSecurity: false,
} as const;

/** What {@link takeLoginSnapshot} must find: exactly the logins that the settings give each group role. */
export function expectedLogins(members: Readonly<Record<string, readonly string[]>>): Snapshot {
  return Object.fromEntries(
    Object.entries(members).flatMap(([role, logins]) =>
      logins.map((login) => [`login ${login}`, { ...LOGIN_ROLE, memberOf: [role] }]),
    ),
  );
}

/**
 * The members of our group roles, each with its attributes and with every role that it is a member of: one who is also
 * a member of another group, of the owner, or of pg_write_all_data may do what no grant of ours says.
 *
 * @param owner left out: it makes the group roles, and from PostgreSQL 16 on administers what it makes
 */
export async function takeLoginSnapshot(
  client: ClientBase,
  groups: readonly string[],
  owner: string,
): Promise<Snapshot> {
  const { rows } = await client.query<{ name: string; value: unknown }>(MEMBERS, [groups, owner]);
  return Object.fromEntries(rows.map(({ name, value }) => [`login ${name}`, value]));
}

const MEMBERS = `
  SELECT r.rolname AS name, jsonb_build_object('login', r.rolcanlogin, 'superuser', r.rolsuper,
    'createRole', r.rolcreaterole, 'createDatabase', r.rolcreatedb, 'inherit', r.rolinherit,
    'replication', r.rolreplication, 'bypassRowSecurity', r.rolbypassrls,
    'memberOf', (SELECT jsonb_agg(DISTINCT pg_get_userbyid(m.roleid)) FROM pg_auth_members m
                  WHERE m.member = r.oid)) AS value
  FROM pg_roles r
  WHERE r.rolname <> $2 AND r.rolname <> ALL ($1::text[])
    AND EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid AND pg_get_userbyid(m.roleid) = ANY ($1::text[]))`;
