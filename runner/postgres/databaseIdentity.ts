import type { ClientBase } from "pg";

/** What a server tells of which database this is: as much as there is to know. An exact copy of its files has the same. */
export interface DatabaseIdentity {
  /** The cluster's own number; null where this login may not read it. */
  readonly systemIdentifier: string | null;
  /** Another database under the same name has another. */
  readonly databaseOid: string;
}

/** Which database this is. Every name is qualified, so that no search path gives the words another meaning. */
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

/** The same as one text, as Pulumi's state keeps it: `7300…/16384`, or the number of the database alone. */
export async function databaseIdentityText(client: ClientBase): Promise<string> {
  const { systemIdentifier, databaseOid } = await databaseIdentity(client);
  return systemIdentifier === null ? databaseOid : `${systemIdentifier}/${databaseOid}`;
}
