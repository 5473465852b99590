import type { ClientBase } from "pg";

/** A session that waits for a lock that other sessions hold. */
export interface WaitingSession {
  readonly pid: number;
  /** Login, program, since when its query runs. */
  readonly words: string;
  readonly blockers: readonly number[];
}

/**
 * Every session of this database that waits for a lock, and the sessions that it waits for. `words` leaves out what the
 * server hides from this login.
 */
export async function waitingSessions(client: ClientBase): Promise<readonly WaitingSession[]> {
  const { rows } = await client.query<WaitingSession>(
    `SELECT a.pid, format('%s%s%s', coalesce(a.usename, 'another login'), ', ' || nullif(a.application_name, ''),
              ', since ' || to_char(clock_timestamp() - a.query_start, 'HH24:MI:SS')) AS words,
            to_jsonb(pg_blocking_pids(a.pid)) AS blockers
       FROM pg_stat_activity a
      WHERE a.datname = current_database() AND cardinality(pg_blocking_pids(a.pid)) > 0 ORDER BY 1`,
  );
  return rows;
}
