import type { ClientBase } from "pg";

/** The setting of a database that may be changed without an approval: `ALTER DATABASE … SET v7.unprotected = 'on'`. */
export const UNPROTECTED_SETTING = "v7.unprotected";

/**
 * Whether a database is protected: it is, unless {@link UNPROTECTED_SETTING} is stored for it.
 *
 * Reads what ALTER DATABASE stored for all roles, never the session's own setting, which any client can change. PostgreSQL
 * lets only a superuser, or a role that was granted SET on the parameter, store it. Every name is qualified, so that no
 * search_path changes its meaning. Throws where the query fails.
 *
 * @param database of the same server; default: the one that the client is connected to
 */
export async function isProtected(client: ClientBase, database?: string): Promise<boolean> {
  const { rows } = await client.query(
    `SELECT 1
       FROM pg_catalog.pg_db_role_setting AS stored
       JOIN pg_catalog.pg_database AS here ON here.oid OPERATOR(pg_catalog.=) stored.setdatabase
      WHERE here.datname OPERATOR(pg_catalog.=) COALESCE($2, pg_catalog.current_database())
        AND stored.setrole OPERATOR(pg_catalog.=) 0::pg_catalog.oid
        AND $1::pg_catalog.text OPERATOR(pg_catalog.=) ANY (stored.setconfig)`,
    [`${UNPROTECTED_SETTING}=on`, database],
  );
  return rows.length === 0;
}
