import { setTimeout as sleep } from "node:timers/promises";
import type { ClientBase } from "pg";
import { fault } from "../base/fault";

/**
 * The runner's advisory lock: the first eight bytes of sha256("v7-migration-runner"), as a signed bigint. It is a session
 * lock, which the server releases when the session ends for any reason.
 */
const ADVISORY_LOCK_KEY = "7086350978185001636";

export interface LockOptions {
  /** Default: the runner's, {@link ADVISORY_LOCK_KEY}. */
  readonly key?: string;
  /** How long to wait for another holder. Default: 600. */
  readonly waitSeconds?: number;
  /** Called from time to time while waiting, with a description of the holder. */
  readonly onWait?: (holder: string) => void;
}

/**
 * Runs `use` while holding the runner's lock on this database; releases the lock afterwards in any case.
 *
 * Polls for the lock instead of waiting for it inside the server: a session that waits there holds a snapshot, and would
 * deadlock with a concurrent index build.
 *
 * @throws LOCK_TIMEOUT naming the session that holds the lock
 */
export async function withAdvisoryLock<T>(
  client: ClientBase,
  options: LockOptions,
  use: () => Promise<T>,
): Promise<T> {
  const { key = ADVISORY_LOCK_KEY, waitSeconds = 600, onWait } = options;
  const deadline = Date.now() + waitSeconds * 1000;
  for (let attempt = 0; !(await tryLock(client, key)); attempt++) {
    if (Date.now() > deadline) {
      throw fault("LOCK_TIMEOUT", {
        what: "taking the runner's lock on this database",
        found: `the lock held by ${await describeHolder(client, key)} for ${String(waitSeconds)} s`,
        remedy: "Let that run finish, or end it, and run again",
      });
    }
    if (onWait !== undefined && attempt % 10 === 0) {
      onWait(await describeHolder(client, key));
    }
    // Random, so that a hundred runners do not poll at the same moments.
    await sleep(50 + Math.random() * 150);
  }
  try {
    return await use();
  } finally {
    // If the connection broke, the server has released the lock.
    await client.query("SELECT pg_advisory_unlock($1::bigint)", [key]).catch(() => undefined);
  }
}

async function tryLock(client: ClientBase, key: string): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(
    "SELECT pg_try_advisory_lock($1::bigint) AS locked",
    [key],
  );
  return rows[0]?.locked === true;
}

async function describeHolder(client: ClientBase, key: string): Promise<string> {
  return (await advisoryLockHolder(client, key)) ?? "a session that has just ended";
}

/** The session that holds the runner's lock on this database: pid, login, since when. Undefined where none does. */
export async function advisoryLockHolder(
  client: ClientBase,
  key = ADVISORY_LOCK_KEY,
): Promise<string | undefined> {
  const { rows } = await client.query<{ pid: number; login: string | null; age: string | null }>(
    `SELECT l.pid, a.usename AS login, to_char(clock_timestamp() - a.xact_start, 'HH24:MI:SS') AS age
       FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
      WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (l.classid::bigint << 32 | l.objid::bigint) = $1::bigint`,
    [key],
  );
  const holder = rows[0];
  return holder === undefined
    ? undefined
    : `pid ${String(holder.pid)} (${holder.login ?? "another login"}${holder.age === null ? "" : `, since ${holder.age}`})`;
}
