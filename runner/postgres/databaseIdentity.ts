import type { ClientBase } from "pg";

/** Identifies a database, as far as the server can. An exact copy of the cluster's files has the same identity. */
export interface DatabaseIdentity {
  /** The cluster's system identifier; null where this login may not read it. */
  readonly systemIdentifier: string | null;
  /** Differs for another database of the same name. */
  readonly databaseOid: string;
}

/** The identity of the client's database. Every name is qualified, so that no search path changes its meaning. */
export async function databaseIdentity(client: ClientBase): Promise<DatabaseIdentity> {
  const { rows } = await client.query<{ oid: string; allowed: boolean }>(
    `SELECT here.oid::pg_catalog.text AS oid,
            pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AS allowed
       FROM pg_catalog.pg_database AS here
      WHERE here.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()`,
  );
  const { oid = "", allowed = false } = rows[0] ?? {};
  if (!allowed) {
    return { systemIdentifier: null, databaseOid: oid };
  }
  const { rows: systems } = await client.query<{ id: string }>(
    "SELECT system_identifier::pg_catalog.text AS id FROM pg_catalog.pg_control_system()",
  );
  return { systemIdentifier: systems[0]?.id ?? null, databaseOid: oid };
}

/** The identity as one text, for Pulumi's state: `7300…/16384`, or only the database's number. */
export async function databaseIdentityText(client: ClientBase): Promise<string> {
  const { systemIdentifier, databaseOid } = await databaseIdentity(client);
  return systemIdentifier === null ? databaseOid : `${systemIdentifier}/${databaseOid}`;
}
