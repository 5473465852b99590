import { escapeLiteral, type ClientBase, type QueryResult } from "pg";
import { fault } from "../base/fault";
import { BOUNDS } from "./bounds";
import { together } from "./together";

/**
 * Where the names in our own queries are looked up. Nobody but a superuser can create anything in pg_catalog, and pg_temp
 * is the session's own: a function or operator that somebody planted elsewhere is never called by us.
 * https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-SEARCH-PATH
 */
export const SEARCH_PATH = "pg_catalog, pg_temp";

/** Where the unqualified names in a directive's bytes are looked up: they mean public. pg_catalog comes first by itself. */
const DIRECTIVE_SEARCH_PATH = "public, pg_temp";

/**
 * What every session of ours is set to, whatever the login's, the database's or the server's settings say. Each one
 * could otherwise change what the directive's bytes do, or how the catalog reads back.
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
};

/** Set where the server knows them and lets this login set them; the directive means the same without. */
const PINNED_IF_ALLOWED: Readonly<Record<string, string>> = {
  // Messages in one language, so that what a user looks up is what is documented.
  lc_messages: "C",
  // A killed runner's backend notices within this time and gives its locks back. PostgreSQL 14+, not on every system.
  client_connection_check_interval: "250ms",
  // Only a superuser may change it, and only a superuser's login can have been given another.
  session_replication_role: "origin",
  createrole_self_grant: "",
  event_triggers: "on",
  idle_session_timeout: "0",
  transaction_timeout: "0",
};

/**
 * Takes the session to our own search path and to the login itself: the first statement of every session of ours, and
 * what follows statements of others. Utility statements alone, which call no function that somebody could have planted.
 * A login may come with a role of its own (ALTER ROLE ... SET role): what runs, runs as the login itself.
 */
const CLEAR = `SET search_path = ${SEARCH_PATH}; SET SESSION AUTHORIZATION DEFAULT; SET ROLE NONE`;

/** `VALUES` of the settings' names and values. */
const valuesOf = (settings: Readonly<Record<string, string>>): string =>
  `(VALUES ${Object.entries(settings)
    .map(([name, value]) => `(${escapeLiteral(name)}, ${escapeLiteral(value)})`)
    .join(", ")}) AS pinned(name, value)`;

const PIN = `
  SELECT set_config(name, value, false) FROM ${valuesOf(PINNED)};
  -- pg_settings.context tells who may set what, so that nothing has to be tried and fail.
  SELECT set_config(s.name, pinned.value, false)
    FROM ${valuesOf(PINNED_IF_ALLOWED)}
    JOIN pg_catalog.pg_settings s ON s.name = pinned.name
    JOIN pg_catalog.pg_roles r ON r.rolname = current_user
   WHERE (s.context = 'user' OR (s.context = 'superuser' AND r.rolsuper))
     AND (s.name <> 'client_connection_check_interval' OR version() LIKE '%linux%')`;

/** What a session that is not as it was pinned has instead; none where all of what matters took. */
const UNPINNED = `
  SELECT name, current_setting(name) AS found, value AS expected FROM ${valuesOf(PINNED)}
   WHERE name IN ('search_path', 'standard_conforming_strings', 'default_transaction_read_only', 'client_encoding')
     AND current_setting(name) <> value`;

/**
 * What a session of ours may wait for, and make others wait for: a runner that was stopped gives its locks back when the
 * server ends its transaction, and that is never later than its operator has said.
 */
const boundWaits = (): string => `
  SELECT set_config('lock_timeout', '${String(BOUNDS.lockSeconds * 1000)}', false),
         set_config(name, least(nullif(reset_val::bigint, 0), ${String(BOUNDS.idleTransactionSeconds * 1000)})::text, false)
    FROM pg_catalog.pg_settings WHERE name = 'idle_in_transaction_session_timeout'`;

/** As {@link CLEAR}, for sessions that are not pinned: those of a server that is being made, and of the stand-in. */
export async function clearSession(client: ClientBase): Promise<void> {
  await client.query(CLEAR);
}

/**
 * Clears the session, pins its settings and proves that they took: one text, in one round trip, of which nothing runs
 * behind what fails.
 *
 * @throws SERVER_REFUSED where one of those that matter cannot be set
 */
export async function pinSession(client: ClientBase): Promise<void> {
  // One text of several statements is answered by a list.
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
 * Sends one text that somebody signed with public on the search path, which comes off again right after. The three leave
 * together: they cost one round trip.
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
 * Runs `use` with public on the search path, and takes it off again right after: for what somebody loads
 * into a database of their own (a seed), and for nothing else.
 */
export async function withDirectivePath<T>(client: ClientBase, use: () => Promise<T>): Promise<T> {
  await client.query(`SET search_path = ${DIRECTIVE_SEARCH_PATH}`);
  try {
    return await use();
  } finally {
    // In a transaction that has failed this is refused, and its rollback brings the pinned path back.
    await client.query(`SET search_path = ${SEARCH_PATH}`).catch(() => undefined);
  }
}
