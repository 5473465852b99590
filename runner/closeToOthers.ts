import { escapeIdentifier, type ClientBase } from "pg";
import { quote, type QualifiedName } from "./defines";

/**
 * Takes away what default privileges, of whatever origin, gave on a new schema and its tables to anybody but the owner,
 * then grants reading to these roles, where they are there.
 */
export async function closeToOthers(
  client: ClientBase,
  schema: string,
  tables: readonly QualifiedName[],
  readers: readonly string[],
): Promise<void> {
  const on = [
    `SCHEMA ${escapeIdentifier(schema)}`,
    ...tables.map((table) => `TABLE ${quote(table)}`),
  ];
  const { rows } = await client.query<{ grantee: string | null }>(
    `SELECT DISTINCT r.rolname AS grantee
       FROM (SELECT n.nspacl AS acl, n.nspowner AS owner FROM pg_catalog.pg_namespace n WHERE n.nspname = $1
             UNION ALL
             SELECT c.relacl, c.relowner FROM pg_catalog.pg_class c
               JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1) AS found
      CROSS JOIN LATERAL pg_catalog.aclexplode(found.acl) a
       LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
      WHERE a.grantee <> found.owner AND (r.rolname IS NULL OR r.rolname <> ALL ($2::text[]))`,
    [schema, readers],
  );
  for (const { grantee } of rows) {
    const from = grantee === null ? "PUBLIC" : escapeIdentifier(grantee);
    for (const object of on) {
      await client.query(`REVOKE ALL PRIVILEGES ON ${object} FROM ${from}`);
    }
  }
  const { rows: there } = await client.query<{ role: string }>(
    "SELECT rolname AS role FROM pg_catalog.pg_roles WHERE rolname = ANY ($1::text[]) ORDER BY 1",
    [readers],
  );
  for (const role of there.map((row) => escapeIdentifier(row.role))) {
    await client.query(`GRANT USAGE ON SCHEMA ${escapeIdentifier(schema)} TO ${role}`);
    for (const table of tables) {
      await client.query(`GRANT SELECT ON TABLE ${quote(table)} TO ${role}`);
    }
  }
}
