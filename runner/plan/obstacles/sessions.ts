import type { ClientBase } from "pg";
import { tablesOf } from "../../catalog/definedObjects";
import type { Obstacle } from "../../model";
import { describeLockHolders } from "../../postgres/waitForLock";
import type { PlannedRun } from "./plannedRun";

/** Younger transactions are not shown: they will be over before the run. */
const LONG_SECONDS = 5;

/**
 * Transactions that hold locks on the tables that the directives alter. They end by themselves, so that they are only shown.
 */
export async function sessionObstacles(
  client: ClientBase,
  { objects }: Pick<PlannedRun, "objects">,
): Promise<readonly Obstacle[]> {
  const holders = await describeLockHolders(client, tablesOf(objects), LONG_SECONDS);
  return holders.map((holder) => ({
    found: `${holder}: the migration would have to wait for it`,
    remedy: "Let it end, or end it, before the run",
    isPassing: true,
  }));
}
