import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { Fault } from "../base/fault";
import type { ConnectionSettings, QualifiedName } from "../model";
import { withAdvisoryLock } from "./advisoryLock";
import { BOUNDS } from "./bounds";
import { refuseTransactionPooler, withConnection } from "./connection";
import { commitFault } from "./sessionFault";
import { describeLockHolders } from "./waitForLock";

export interface MigrationSessionOptions {
  readonly connection: ConnectionSettings;
  /** What the server shows of this session: `v7 apply ad_005`. */
  readonly applicationName: string;
  /** Of each lock that a statement takes. Default: 5. */
  readonly lockTimeoutSeconds?: number;
  /** Of each statement. Default: 600. */
  readonly statementTimeoutSeconds?: number;
  /** The tables that are locked: who else holds them is named where a lock cannot be taken. */
  readonly tables?: readonly QualifiedName[];
  /** Told what is under way. */
  readonly onProgress?: (message: string) => void;
}

/** Runs `use` in a transaction, which is committed; where it throws, nothing of it stays. */
export type InTransaction = <T>(use: () => Promise<T>) => Promise<T>;

const DEFAULT_LOCK_TIMEOUT_SECONDS = 5;
export const DEFAULT_STATEMENT_TIMEOUT_SECONDS = 600;

/** How often a transaction that met a lock is tried again, and the pause before each, which grows. */
const LOCK_ATTEMPTS = 5;
const LOCK_PAUSE_MILLISECONDS = 500;

/**
 * Runs `use` in one transaction, on one connection, under the runner's lock: what changes a database does it in here.
 *
 * Where `use` throws, everything is rolled back; where a lock could not be taken, it is run again from the start, in a
 * new transaction, a few times. The lock is given back however it goes.
 *
 * @param afterwards runs after the commit, still under the runner's lock, outside any transaction but those that it asks
 *   for: each like the first, with its time limits, and tried again where it met a lock
 *
 * @throws what `use` throws, and what connecting and locking throw
 */
export async function inMigrationSession<T>(
  options: MigrationSessionOptions,
  use: (client: Client) => Promise<T>,
  afterwards: (result: T, client: Client, inTransaction: InTransaction) => Promise<T> = (result) =>
    Promise.resolve(result),
): Promise<T> {
  const {
    connection,
    applicationName,
    statementTimeoutSeconds = DEFAULT_STATEMENT_TIMEOUT_SECONDS,
    onProgress = () => undefined,
  } = options;
  return await withConnection(
    connection,
    async (client) => {
      const onWait = (holder: string): void => {
        onProgress(`another runner is at work, waiting for ${holder}`);
      };
      return await withAdvisoryLock(client, { onWait }, async () => {
        await refuseTransactionPooler(client, connection);
        const result = await withLockRetries(client, options, onProgress, use);
        return await afterwards(result, client, (again) =>
          withLockRetries(client, options, onProgress, again),
        );
      });
    },
    // The server ends each statement; an answer that has not come long after that never comes.
    { applicationName, answerSeconds: statementTimeoutSeconds + BOUNDS.answerSeconds },
  );
}

async function withLockRetries<T>(
  client: Client,
  options: MigrationSessionOptions,
  onProgress: (message: string) => void,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await inTransaction(client, options, use);
    } catch (error) {
      if (!(error instanceof Fault && error.code === "LOCK_TIMEOUT")) {
        throw error;
      }
      const holders = await describeLockHolders(client, options.tables ?? []);
      if (attempt === LOCK_ATTEMPTS) {
        throw error.withDetail([
          `  tried ${String(LOCK_ATTEMPTS)} times`,
          ...holders.map((holder) => `  - ${holder}`),
        ]);
      }
      onProgress(
        `could not get a lock${holders.length === 0 ? "" : `: ${holders.join("; ")}`}; retrying (${String(attempt)} of ${String(LOCK_ATTEMPTS - 1)})`,
      );
      await sleep(LOCK_PAUSE_MILLISECONDS * attempt);
    }
  }
}

async function inTransaction<T>(
  client: Client,
  {
    connection,
    lockTimeoutSeconds = DEFAULT_LOCK_TIMEOUT_SECONDS,
    statementTimeoutSeconds = DEFAULT_STATEMENT_TIMEOUT_SECONDS,
  }: MigrationSessionOptions,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  await client.query("BEGIN");
  try {
    await client.query(
      "SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true)",
      [`${String(lockTimeoutSeconds * 1000)}ms`, `${String(statementTimeoutSeconds * 1000)}ms`],
    );
    const result = await use(client);
    await client.query("COMMIT").catch((error: unknown) => {
      throw commitFault(client, connection, error);
    });
    return result;
  } catch (error) {
    // Where the connection itself is gone, the server rolls back by itself.
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}
