import type { ClientBase } from "pg";

/**
 * Which database this is, as far as the server tells: another one under the same name has another number, one on another
 * server another number before it, where this login may read that.
 */
export async function databaseIdentity(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ oid: string; allowed: boolean }>(
    `SELECT here.oid::pg_catalog.text AS oid,
            pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AS allowed
       FROM pg_catalog.pg_database AS here
      WHERE here.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()`,
  );
  const { oid = "", allowed = false } = rows[0] ?? {};
  if (!allowed) {
    return oid;
  }
  const { rows: systems } = await client.query<{ id: string }>(
    "SELECT system_identifier::pg_catalog.text AS id FROM pg_catalog.pg_control_system()",
  );
  return `${systems[0]?.id ?? ""}/${oid}`;
}
