import { escapeIdentifier, type ClientBase } from "pg";
import type { QualifiedName } from "../model";
import { quote } from "../postgres/names";

/**
 * Takes away what default privileges, of whatever origin, gave on a new schema and its tables to anybody but the owner.
 */
export async function revokeDefaultPrivileges(
  client: ClientBase,
  schema: string,
  tables: readonly QualifiedName[],
): Promise<void> {
  const objects = [
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
      WHERE a.grantee <> found.owner`,
    [schema],
  );
  for (const { grantee } of rows) {
    const from = grantee === null ? "PUBLIC" : escapeIdentifier(grantee);
    for (const object of objects) {
      await client.query(`REVOKE ALL PRIVILEGES ON ${object} FROM ${from}`);
    }
  }
}
