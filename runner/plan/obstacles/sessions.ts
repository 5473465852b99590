import type { ClientBase } from "pg";
import { tablesOf } from "../../catalog/definedObjects";
import type { Obstacle } from "../../model";
import { describeLockHolders } from "../../postgres/waitForLock";
import type { PlannedRun } from "./plannedRun";

/** A transaction younger than this is none to speak of: it will be over before anything runs. */
const LONG_SECONDS = 5;

/**
 * Who would be in the way now: transactions that hold locks on the tables that the directives alter. They pass by
 * themselves: they are shown, not refused.
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
