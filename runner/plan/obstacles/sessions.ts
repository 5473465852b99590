import type { ClientBase } from "pg";
import { Fault } from "../../base/fault";
import { tablesOf } from "../../directive/definitions";
import type { ConnectionSettings, Obstacle } from "../../model";
import { refuseTransactionPooler } from "../../postgres/connection";
import { describeLockHolders } from "../../postgres/waitForLock";
import type { PlannedRun } from "./plannedRun";

/** A transaction younger than this is none to speak of: it will be over before anything runs. */
const LONG_SECONDS = 5;

/**
 * What is wrong with the way to the server, and who would be in the way now: a transaction pooler, and transactions
 * that hold locks on the tables that the directives alter. The latter pass by themselves: they are shown, not refused.
 */
export async function sessionObstacles(
  client: ClientBase,
  { connection, objects }: Pick<PlannedRun, "connection" | "objects">,
): Promise<readonly Obstacle[]> {
  const holders = await describeLockHolders(client, tablesOf(objects), LONG_SECONDS);
  return [
    ...(await poolerObstacles(client, connection)),
    ...holders.map((holder) => ({
      found: `${holder}: the migration would have to wait for it`,
      remedy: "Let it end, or end it, before the run",
      isPassing: true,
    })),
  ];
}

async function poolerObstacles(
  client: ClientBase,
  connection: ConnectionSettings,
): Promise<readonly Obstacle[]> {
  try {
    await refuseTransactionPooler(client, connection);
    return [];
  } catch (error) {
    if (error instanceof Fault && error.code === "SERVER_POOLER") {
      return [
        {
          found:
            "a transaction pooler between here and the server, on which session locks do not hold",
          remedy: "Use the session pooler (port 5432) or the direct connection",
        },
      ];
    }
    throw error;
  }
}
