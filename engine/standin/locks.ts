import type { ClientBase } from "pg";

/** What a change touches, by name: others who touch the same wait until this transaction ends. */
export interface Touched {
  readonly roles?: readonly string[];
  readonly schemas?: readonly string[];
}

/**
 * Takes an advisory lock on each object's oid, as the official plugin does for roles, in one order for everybody, so
 * that no two wait for each other. They end with the transaction.
 */
export async function lockTouched(client: ClientBase, touched: Touched): Promise<void> {
  const { rows } = await client.query<{ oid: string }>(
    `SELECT oid::bigint AS oid FROM pg_catalog.pg_roles WHERE rolname = ANY ($1)
      UNION SELECT oid::bigint FROM pg_catalog.pg_namespace WHERE nspname = ANY ($2)
      ORDER BY 1`,
    [touched.roles ?? [], touched.schemas ?? []],
  );
  for (const { oid } of rows) {
    await client.query("SELECT pg_catalog.pg_advisory_xact_lock($1)", [oid]);
  }
}
