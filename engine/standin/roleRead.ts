import type { ClientBase } from "pg";
import type { Properties } from "../../runner/plugin/resourceType";

/** A role's properties as the server has them, but for its password; undefined where there is no such role. */
export async function readRole(client: ClientBase, role: string): Promise<Properties | undefined> {
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
