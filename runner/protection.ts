import type { ClientBase } from "pg";

/**
 * Whether the database needs approval: everything does, unless the database itself says otherwise.
 *
 * Read from what ALTER DATABASE ... SET v7.unprotected = 'on' stored, never from the session, whose settings the
 * client chooses.
 */
export async function isProtected(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ unprotected: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_db_role_setting s, unnest(s.setconfig) AS one(setting)
      WHERE s.setdatabase = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
        AND s.setrole = 0 AND one.setting = 'v7.unprotected=on') AS unprotected`,
  );
  return rows[0]?.unprotected !== true;
}
