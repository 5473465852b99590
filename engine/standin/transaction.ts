import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseError, type Client } from "pg";
import { Fault } from "../../runner/base/fault";
import type { Connections } from "./connections";
import { statementFault } from "./sql";

const ATTEMPTS = 8;

/**
 * Runs `work` in one transaction; anything wrong rolls all of it back. `work` may run more than once.
 *
 * @param what as it stands in a message: `creating the role "x"`
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
    // The first error is the one that counts, whatever becomes of the connection.
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

/**
 * Two sessions that changed one catalog row at once: the server gives that as an internal error without a code of its
 * own, beside deadlocks and serialization failures. Advisory locks keep it from happening inside one database; roles
 * and databases are shared by all of them.
 */
function isPassing(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) {
    return false;
  }
  const isConcurrent = error.code === "XX000" && /tuple concurrently/.test(error.message);
  return isConcurrent || error.code === "40P01" || error.code === "40001";
}
