import { escapeIdentifier, type ClientBase } from "pg";
import { when } from "../../base/when";
import type { Obstacle } from "../../model";
import { PLUGIN_CONNECTIONS } from "../../postgres/bounds";

/** Those of the plugin, and the runner's own. */
const NEEDED_CONNECTIONS = PLUGIN_CONNECTIONS + 1;

interface Row {
  readonly isInRecovery: boolean;
  readonly encoding: string;
  /** The default of new sessions of this login in this database. */
  readonly isReadOnly: boolean;
  readonly login: string;
  readonly database: string;
  /** How many connections each allows the login; -1 for no limit. */
  readonly loginLimit: number;
  readonly databaseLimit: number;
  /** Whether the default is set for the role, for the database, for both or neither; null where the server's configuration sets it. */
  readonly setFor: { readonly role: boolean; readonly database: boolean } | null;
}

/**
 * A server in recovery, a default of read-only transactions, a database encoding other than UTF8, and a limit of connections
 * at which a run would stop half-way.
 *
 * The runner's own transactions are READ WRITE despite that default, but those of Pulumi's plugin are not; and whoever set
 * the default had a reason.
 */
export async function serverObstacles(client: ClientBase): Promise<readonly Obstacle[]> {
  const { rows } = await client.query<Row>(QUERY);
  return rows.flatMap((row) => [
    ...when(row.isInRecovery, {
      found: "a server in recovery (a standby), which takes no changes",
      remedy: "Connect to the primary",
    }),
    ...when(row.isReadOnly && !row.isInRecovery, readOnlyDefault(row)),
    ...when(row.encoding !== "UTF8", {
      found: `the database's encoding ${row.encoding}, not UTF8`,
      remedy: "Use a database with encoding UTF8",
    }),
    ...connectionLimit("ROLE", row.login, row.loginLimit),
    ...connectionLimit("DATABASE", row.database, row.databaseLimit),
  ]);
}

function connectionLimit(
  kind: "ROLE" | "DATABASE",
  name: string,
  limit: number,
): readonly Obstacle[] {
  const alter = `ALTER ${kind} ${escapeIdentifier(name)}`;
  return when(limit >= 0 && limit < NEEDED_CONNECTIONS, {
    found: `CONNECTION LIMIT ${limit} of ${kind.toLowerCase()} "${name}", and a run needs ${NEEDED_CONNECTIONS} connections`,
    remedy: `${alter} CONNECTION LIMIT ${NEEDED_CONNECTIONS}, or more`,
  });
}

function readOnlyDefault({ setFor, login, database }: Row): Obstacle {
  const role = setFor?.role === true ? escapeIdentifier(login) : "ALL";
  const inDatabase = escapeIdentifier(database);
  const [where, alter] =
    setFor === null
      ? (["the server", "ALTER SYSTEM"] as const)
      : setFor.role && setFor.database
        ? ([
            `login "${login}" in database "${database}"`,
            `ALTER ROLE ${role} IN DATABASE ${inDatabase}`,
          ] as const)
        : setFor.database
          ? ([`database "${database}"`, `ALTER DATABASE ${inDatabase}`] as const)
          : ([setFor.role ? `login "${login}"` : "every login", `ALTER ROLE ${role}`] as const);
  return {
    found: `default_transaction_read_only = on for ${where}: transactions there take no changes unless they ask to`,
    remedy:
      `Find out why somebody set it (a hosting platform does where the disk is full), then ${alter} RESET default_transaction_read_only` +
      (setFor === null ? " (or take it out of the server's configuration) and reload" : ""),
  };
}

/** reset_val is the session's default, without the runner's own setting. The most specific setting wins. */
const QUERY = `
  SELECT pg_is_in_recovery() AS "isInRecovery", pg_encoding_to_char(d.encoding) AS encoding, r.rolname AS login,
         d.datname AS database, CASE WHEN r.rolsuper THEN -1 ELSE r.rolconnlimit END AS "loginLimit",
         CASE WHEN r.rolsuper THEN -1 ELSE d.datconnlimit END AS "databaseLimit",
         (SELECT reset_val = 'on' FROM pg_settings WHERE name = 'default_transaction_read_only') AS "isReadOnly",
         (SELECT jsonb_build_object('role', s.setrole <> 0, 'database', s.setdatabase <> 0)
            FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) one
           WHERE s.setrole IN (0, r.oid) AND s.setdatabase IN (0, d.oid) AND one ~ '^default_transaction_read_only='
           ORDER BY s.setrole <> 0 DESC, s.setdatabase <> 0 DESC LIMIT 1) AS "setFor"
    FROM pg_database d, pg_roles r WHERE d.datname = current_database() AND r.rolname = session_user`;
