import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseError, type Client } from "pg";
import { Fault } from "../../runner/base/fault";
import type { Connections } from "./connections";
import { statementFault } from "./sql";

const ATTEMPTS = 8;

/**
 * Runs `work` in one transaction, which any error rolls back. After a passing error `work` runs again.
 *
 * @param what the action for a message: `creating the role "x"`
 * @throws STATEMENT_FAILED
 */
export async function inTransaction<T>(
  connections: Connections,
  database: string,
  what: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await connections.use(database, (client) => runOnce(client, work));
    } catch (error) {
      if (attempt === ATTEMPTS || !isPassing(error)) {
        throw error instanceof Fault ? error : statementFault(what, error);
      }
      await sleep(20 * attempt + Math.random() * 50);
    }
  }
}

async function runOnce<T>(client: Client, work: (client: Client) => Promise<T>): Promise<T> {
  await client.query("BEGIN");
  try {
    const result = await work(client);
    await client.query("COMMIT");
    return result;
  } catch (error) {
    // An error of ROLLBACK must not replace the first error.
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

/**
 * Whether a transaction may succeed when repeated: after a deadlock, a serialization failure, or two sessions' concurrent
 * change of one catalog row, which the server reports as an internal error. Advisory locks prevent the latter within one
 * database, but roles and databases are shared by all databases.
 */
function isPassing(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) {
    return false;
  }
  const isConcurrent = error.code === "XX000" && /tuple concurrently/.test(error.message);
  return isConcurrent || error.code === "40P01" || error.code === "40001";
}
