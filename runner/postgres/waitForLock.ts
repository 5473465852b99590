import { DatabaseError, type ClientBase } from "pg";
import { fault } from "../base/fault";
import type { QualifiedName } from "../model";
import { formatName, quote } from "./names";

/** A lock on a relation. */
export interface RelationLock {
  /** `public.file_audit` */
  readonly relation: string;
  /** PostgreSQL's words: `ACCESS EXCLUSIVE`. https://www.postgresql.org/docs/current/explicit-locking.html */
  readonly mode: string;
}

/** The modes that conflict with a writer's ROW EXCLUSIVE. */
const BLOCKS_WRITES = ["SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"];

/** Whether the mode conflicts with a reader's ACCESS SHARE. */
export function blocksReads(mode: string): boolean {
  return mode === "ACCESS EXCLUSIVE";
}

export function blocksWrites(mode: string): boolean {
  return BLOCKS_WRITES.includes(mode);
}

/** The locks without those that made nobody wait longer, because an earlier lock on the same relation blocked readers. */
export function uncovered<T extends RelationLock & { readonly since: number }>(
  locks: readonly T[],
): readonly T[] {
  return locks.filter(
    (lock) =>
      !locks.some(
        (other) =>
          other !== lock &&
          other.relation === lock.relation &&
          other.since <= lock.since &&
          blocksReads(other.mode) &&
          !blocksReads(lock.mode),
      ),
  );
}

/** The SQLSTATE of lock_timeout. */
export const LOCK_NOT_AVAILABLE = "55P03";

/** pg_locks says `AccessExclusiveLock`. */
const MODE =
  "upper(regexp_replace(regexp_replace(l.mode, 'Lock$', ''), '([a-z])([A-Z])', '\\1 \\2', 'g'))";

/** The locks on tables, views and indexes outside the system's schemas that this session holds now. */
export async function heldLocks(client: ClientBase): Promise<readonly RelationLock[]> {
  const { rows } = await client.query<RelationLock>(
    `SELECT n.nspname || '.' || c.relname AS relation, ${MODE} AS mode
       FROM pg_catalog.pg_locks l
       JOIN pg_catalog.pg_class c ON c.oid = l.relation
       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE l.locktype = 'relation' AND l.granted AND l.pid = pg_backend_pid()
        AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
        AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      ORDER BY 1, 2`,
  );
  return rows;
}

/**
 * Other sessions and prepared transactions that hold locks on these tables, a line each: pid or gid, login, program, state
 * and age of its transaction, the lock. Leaves out what the server hides from this login.
 *
 * @param tables default: every table on which a lock blocks readers or writers
 * @param longerThanSeconds lists only logins' transactions that are older. Autovacuum has no login and is left out then: it
 *   gives way to a session that waits for its lock
 */
export async function describeLockHolders(
  client: ClientBase,
  tables?: readonly QualifiedName[],
  longerThanSeconds = 0,
): Promise<readonly string[]> {
  const { rows } = await client.query<{ line: string }>(
    `SELECT format('%s (%s%s%s) holds %s on %s',
              CASE WHEN l.pid IS NULL THEN format('prepared transaction %L', t.gid) ELSE 'pid ' || l.pid END,
              coalesce(t.owner, a.usename, 'another login'),
              ', ' || nullif(a.application_name, ''),
              CASE WHEN a.xact_start IS NULL THEN ''
                   ELSE format(', %s, in its transaction since %s', a.state,
                          to_char(clock_timestamp() - a.xact_start, 'HH24:MI:SS')) END,
              string_agg(DISTINCT ${MODE}, ', '), n.nspname || '.' || c.relname) AS line
       FROM pg_catalog.pg_locks l
       JOIN pg_catalog.pg_class c ON c.oid = l.relation
       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
       LEFT JOIN (SELECT x.virtualtransaction, p.gid, p.owner FROM pg_catalog.pg_prepared_xacts p
                    JOIN pg_catalog.pg_locks x ON x.transactionid = p.transaction AND x.granted) t
         ON l.pid IS NULL AND t.virtualtransaction = l.virtualtransaction
      WHERE l.locktype = 'relation' AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()
        AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
        AND CASE WHEN $1::text[] IS NULL THEN ${MODE} = ANY ($3::text[])
                 ELSE n.nspname || '.' || c.relname = ANY ($1::text[]) END
        AND ($2 = 0 OR (a.usesysid IS NOT NULL AND clock_timestamp() - a.xact_start > make_interval(secs => $2)))
      GROUP BY l.pid, t.gid, t.owner, a.usename, a.application_name, a.state, a.xact_start, n.nspname, c.relname
      ORDER BY l.pid, c.relname`,
    [tables?.map(formatName), longerThanSeconds, BLOCKS_WRITES],
  );
  return rows.map(({ line }) => line);
}

/**
 * Locks tables in ACCESS EXCLUSIVE mode until the transaction ends.
 *
 * @throws LOCK_TIMEOUT
 */
export async function lockTables(
  client: ClientBase,
  tables: readonly QualifiedName[],
): Promise<void> {
  if (tables.length === 0) {
    return;
  }
  const names = [...new Set(tables.map(quote))].join(", ");
  await waitFor(tables, () => client.query(`LOCK TABLE ${names} IN ACCESS EXCLUSIVE MODE`));
}

/**
 * Lets no other session take a number of these sequences until the transaction ends. LOCK takes tables alone; setting the
 * increment that a sequence has changes nothing, and locks it. It also makes a later setval() part of the transaction.
 *
 * @throws LOCK_TIMEOUT
 */
export async function lockSequences(
  client: ClientBase,
  sequences: readonly QualifiedName[] = [],
): Promise<void> {
  if (sequences.length === 0) {
    return;
  }
  const { rows } = await client.query<{ sql: string }>(
    `SELECT pg_catalog.format('ALTER SEQUENCE %I.%I INCREMENT BY %s', n.nspname, c.relname, s.seqincrement) AS sql
       FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.oid IN (SELECT pg_catalog.to_regclass(name) FROM unnest($1::text[]) AS name) ORDER BY 1`,
    [sequences.map(quote)],
  );
  await waitFor(sequences, () => client.query(rows.map(({ sql }) => sql).join("; ")));
}

/** Waits for locks; a lock that is not given in time is a fault. */
async function waitFor(
  relations: readonly QualifiedName[],
  lock: () => Promise<unknown>,
): Promise<void> {
  try {
    await lock();
  } catch (error) {
    if (error instanceof DatabaseError && error.code === LOCK_NOT_AVAILABLE) {
      throw fault("LOCK_TIMEOUT", {
        what: `locking ${relations.map(formatName).join(", ")}`,
        found: `${error.message} (SQLSTATE ${LOCK_NOT_AVAILABLE})`,
        remedy:
          "Nothing was changed. Wait for, or end, the session that holds the lock, and run again",
        cause: error,
      });
    }
    throw error;
  }
}
