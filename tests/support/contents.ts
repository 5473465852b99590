import type { ClientBase } from "pg";

/**
 * Everything that a run could have changed in a database: schemas, relations with their owners, columns, all with their privileges, roles
 * with their memberships, and every row of the history.
 */
export async function contentsOf(client: ClientBase): Promise<unknown> {
  const { rows } = await client.query(
    `SELECT 'relation' AS what, n.nspname || '.' || c.relname AS name, concat(c.relowner::regrole, c.relacl) AS detail
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
     UNION ALL SELECT 'column', n.nspname || '.' || c.relname || '.' || a.attname,
                      concat(format_type(a.atttypid, a.atttypmod), a.attacl)
       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname IN ('public', 'v7_control') AND a.attnum > 0 AND NOT a.attisdropped
     UNION ALL SELECT 'schema', nspname, nspacl::text FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'
     UNION ALL SELECT 'role', r.rolname, (SELECT string_agg(m.roleid::regrole::text, ',' ORDER BY m.roleid)
                                            FROM pg_auth_members m WHERE m.member = r.oid)
       FROM pg_roles r
      ORDER BY 1, 2, 3`,
  );
  const { rows: there } = await client.query<{ there: boolean }>(
    "SELECT to_regclass('v7_control.history') IS NOT NULL AS there",
  );
  const history =
    there[0]?.there === true
      ? (await client.query("SELECT * FROM v7_control.history ORDER BY position")).rows
      : [];
  return { rows, history };
}
