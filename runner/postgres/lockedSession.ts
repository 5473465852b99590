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
  /** For each lock that a statement takes. Default: 5. */
  readonly lockTimeoutSeconds?: number;
  /** For each statement. Default: 600. */
  readonly statementTimeoutSeconds?: number;
  /** The tables that will be locked; where a lock cannot be taken, messages name the sessions that hold locks on them. */
  readonly tables?: readonly QualifiedName[];
  /** Called with a description of each stage. */
  readonly onProgress?: (message: string) => void;
}

/** Runs `use` in a transaction and commits it; rolls back where `use` throws. */
export type InTransaction = <T>(use: () => Promise<T>) => Promise<T>;

const DEFAULT_LOCK_TIMEOUT_SECONDS = 5;
export const DEFAULT_STATEMENT_TIMEOUT_SECONDS = 600;

/** How often a transaction that could not get a lock is tried; the pause grows with each attempt. */
const LOCK_ATTEMPTS = 5;
const LOCK_PAUSE_MILLISECONDS = 500;

/**
 * Runs `use` in one transaction, on one connection, under the runner's lock. Every change of a database is made through
 * this function.
 *
 * Where `use` throws, everything is rolled back. Where a lock could not be taken, `use` is run again a few times, each time
 * in a new transaction. The runner's lock is released in any case.
 *
 * @param afterwards runs after the commit, still under the runner's lock, outside a transaction. It can open further
 *   transactions with `inTransaction`, which have the same time limits and retries
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
    // The server ends each statement at its timeout; an answer that is still missing long after that never comes.
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
    // If the connection broke, the server rolls back by itself.
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}
