import { escapeLiteral, type ClientBase, type QueryResult } from "pg";
import { fault } from "../base/fault";
import { BOUNDS } from "./bounds";
import { together } from "./together";

/**
 * The search path of our own queries. Only a superuser can create objects in pg_catalog, and pg_temp is the session's own,
 * so that our queries never call a function or operator that somebody planted in another schema.
 * https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-SEARCH-PATH
 */
export const SEARCH_PATH = "pg_catalog, pg_temp";

/** The search path of a directive's statements: their unqualified names mean public. pg_catalog is searched first anyway. */
const DIRECTIVE_SEARCH_PATH = "public, pg_temp";

/**
 * The settings of every session of ours, whatever the login's, the database's or the server's settings are. Another value
 * of any of them could change what the directive's statements do, or the texts that the catalog's functions return.
 * https://www.postgresql.org/docs/current/runtime-config-client.html
 */
const PINNED: Readonly<Record<string, string>> = {
  search_path: SEARCH_PATH,
  client_encoding: "UTF8",
  standard_conforming_strings: "on",
  default_tablespace: "",
  default_table_access_method: "heap",
  default_transaction_isolation: "read committed",
  default_transaction_read_only: "off",
  default_transaction_deferrable: "off",
  row_security: "on",
  check_function_bodies: "on",
  xmloption: "content",
  transform_null_equals: "off",
  array_nulls: "on",
  quote_all_identifiers: "off",
  DateStyle: "ISO, YMD",
  IntervalStyle: "postgres",
  TimeZone: "UTC",
  bytea_output: "hex",
  extra_float_digits: "1",
  statement_timeout: "0",
  // A failed statement ends the transaction, not the session, so that the fault says what failed.
  exit_on_error: "off",
};

/** Settings that are made where the server has them and lets this login set them; the directive does not depend on them. */
const PINNED_IF_ALLOWED: Readonly<Record<string, string>> = {
  // English messages, which users find in the documentation.
  lc_messages: "C",
  // The backend of a killed runner notices within this time and releases its locks. PostgreSQL 14+, not on every system.
  client_connection_check_interval: "250ms",
  // Only a superuser may set it, and only a superuser's login can have another value stored.
  session_replication_role: "origin",
  createrole_self_grant: "",
  event_triggers: "on",
  restrict_nonsystem_relation_kind: "",
  idle_session_timeout: "0",
  transaction_timeout: "0",
};

/**
 * Sets our search path and returns to the login's own role: the first statements of every session of ours, and again after
 * a user's statements. Only utility statements, which call no function that somebody could have planted. The role is reset
 * because a login may have one stored (ALTER ROLE ... SET role).
 */
const CLEAR = `SET search_path = ${SEARCH_PATH}; SET SESSION AUTHORIZATION DEFAULT; SET ROLE NONE`;

/** A `VALUES` list of the settings' names and values. */
const valuesOf = (settings: Readonly<Record<string, string>>): string =>
  `(VALUES ${Object.entries(settings)
    .map(([name, value]) => `(${escapeLiteral(name)}, ${escapeLiteral(value)})`)
    .join(", ")}) AS pinned(name, value)`;

const PIN = `
  SELECT set_config(name, value, false) FROM ${valuesOf(PINNED)};
  -- pg_settings.context tells what this login may set, so that no statement fails.
  SELECT set_config(s.name, pinned.value, false)
    FROM ${valuesOf(PINNED_IF_ALLOWED)}
    JOIN pg_catalog.pg_settings s ON s.name = pinned.name
    JOIN pg_catalog.pg_roles r ON r.rolname = current_user
   WHERE (s.context = 'user' OR (s.context = 'superuser' AND r.rolsuper))
     AND (s.name <> 'client_connection_check_interval' OR version() LIKE '%linux%');
  -- What is reported as committed has to survive a crash of the server. The other values all promise that.
  SELECT set_config(name, 'on', false) FROM pg_catalog.pg_settings WHERE name = 'synchronous_commit' AND setting = 'off'`;

/** Finds the important settings whose value is not the pinned one. */
const UNPINNED = `
  SELECT name, current_setting(name) AS found, value AS expected FROM ${valuesOf(PINNED)}
   WHERE name IN ('search_path', 'standard_conforming_strings', 'default_transaction_read_only', 'client_encoding')
     AND current_setting(name) <> value`;

/**
 * Limits how long a session waits for locks, and how long a stopped runner's idle transaction keeps its own: at most our
 * limit, or less where the server's operator has set less.
 */
const boundWaits = (): string => `
  SELECT set_config('lock_timeout', '${String(BOUNDS.lockSeconds * 1000)}', false),
         set_config(name, least(nullif(reset_val::bigint, 0), ${String(BOUNDS.idleTransactionSeconds * 1000)})::text, false)
    FROM pg_catalog.pg_settings WHERE name = 'idle_in_transaction_session_timeout'`;

/** Runs {@link CLEAR} on a session that is not pinned: one on a new server, while it is set up. */
export async function clearSession(client: ClientBase): Promise<void> {
  await client.query(CLEAR);
}

/**
 * Clears the session, pins its settings and checks the important ones: in one query text, which takes one round trip and
 * stops at the first statement that fails.
 *
 * @throws SERVER_REFUSED where an important setting does not have its pinned value
 */
export async function pinSession(client: ClientBase): Promise<void> {
  // For a text of several statements `pg` returns a list of results.
  const results = (await client.query(
    [CLEAR, PIN, boundWaits(), UNPINNED].join(";"),
  )) as unknown as readonly QueryResult<Record<"name" | "found" | "expected", string>>[];
  const wrong = results.at(-1)?.rows[0];
  if (wrong !== undefined) {
    throw fault("SERVER_REFUSED", {
      what: `pinning the session's ${wrong.name}`,
      found: `"${wrong.found}"`,
      expected: `"${wrong.expected}"`,
      remedy: "Connect without a pooler that keeps settings of its own",
    });
  }
}

/**
 * Runs signed SQL with public on the search path, and sets our own path again. The three queries are sent together, in one
 * round trip.
 */
export async function queryOnDirectivePath(client: ClientBase, sql: string): Promise<QueryResult> {
  const [, result] = await together([
    client.query(`SET search_path = ${DIRECTIVE_SEARCH_PATH}`),
    client.query(sql),
    client.query(`SET search_path = ${SEARCH_PATH}`),
  ]);
  return result;
}

/**
 * Runs `use` with public on the search path, and sets our own path again afterwards. Only for SQL that users run in a
 * database of their own.
 */
export async function withDirectivePath<T>(client: ClientBase, use: () => Promise<T>): Promise<T> {
  await client.query(`SET search_path = ${DIRECTIVE_SEARCH_PATH}`);
  try {
    return await use();
  } finally {
    // In a failed transaction the server refuses this, and the rollback restores the pinned path.
    await client.query(`SET search_path = ${SEARCH_PATH}`).catch(() => undefined);
  }
}
