import type { ClientBase } from "pg";

/**
 * Takes an advisory lock on the oid of each role and schema that a change touches, as the official plugin does for roles:
 * others who touch the same wait. In one order for everybody, so that no two wait for each other; they end with the
 * transaction.
 */
export async function lockTouched(
  client: ClientBase,
  roles: readonly string[],
  schemas: readonly string[] = [],
): Promise<void> {
  const { rows } = await client.query<{ oid: string }>(
    `SELECT oid::bigint AS oid FROM pg_catalog.pg_roles WHERE rolname = ANY ($1)
      UNION SELECT oid::bigint FROM pg_catalog.pg_namespace WHERE nspname = ANY ($2)
      ORDER BY 1`,
    [roles, schemas],
  );
  for (const { oid } of rows) {
    await client.query("SELECT pg_catalog.pg_advisory_xact_lock($1)", [oid]);
  }
}
