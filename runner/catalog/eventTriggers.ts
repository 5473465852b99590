import type { ClientBase } from "pg";

/** An event trigger that would fire in a session of the runner. */
export interface EventTrigger {
  readonly name: string;
  /** `ddl_command_start`, `ddl_command_end`, `sql_drop`, `table_rewrite`. */
  readonly event: string;
  /** The commands that fire it; null: all. */
  readonly tags: readonly string[] | null;
  /** Its function's signature. */
  readonly definition: string;
  readonly owner: string;
  /** Whether its function's text contains ENABLE ROW LEVEL SECURITY. */
  readonly enablesRowSecurity: boolean;
}

/** The event triggers of every Supabase project: they notify PostgREST of changes, and grant extensions to its roles. */
const SUPABASES_OWN: readonly string[] = [
  "issue_graphql_placeholder",
  "issue_pg_cron_access",
  "issue_pg_graphql_access",
  "issue_pg_net_access",
  "pgrst_ddl_watch",
  "pgrst_drop_watch",
];

/**
 * The database's event triggers that fire for commands of this session, without Supabase's own. Whether one fires depends on
 * its enabled state and session_replication_role.
 * https://www.postgresql.org/docs/17/sql-altereventtrigger.html
 */
export async function takeEventTriggers(client: ClientBase): Promise<readonly EventTrigger[]> {
  const { rows } = await client.query<EventTrigger>(
    `SELECT e.evtname AS name, e.evtevent AS event, e.evttags AS tags, f.oid::regprocedure::text AS definition,
            pg_get_userbyid(e.evtowner) AS owner,
            f.prosrc ~* 'enable\\s+row\\s+level\\s+security' AS "enablesRowSecurity"
       FROM pg_event_trigger e JOIN pg_proc f ON f.oid = e.evtfoid
      WHERE e.evtevent <> 'login' AND coalesce(current_setting('event_triggers', true), 'on') = 'on'
        AND (e.evtenabled = 'A'
          OR e.evtenabled = CASE current_setting('session_replication_role') WHEN 'replica' THEN 'R' ELSE 'O' END)
      ORDER BY e.evtname`,
  );
  return rows.filter(
    ({ name, enablesRowSecurity }) => enablesRowSecurity || !SUPABASES_OWN.includes(name),
  );
}
