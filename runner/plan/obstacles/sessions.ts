import { setTimeout as sleep } from "node:timers/promises";
import type { ClientBase } from "pg";
import { tablesOf } from "../../catalog/definedObjects";
import type { DefinedObjects, Obstacle } from "../../model";
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

/** A run's default lock timeout. */
const PATIENCE_SECONDS = 5;

/**
 * The sessions that hold a lock on the directives' tables for longer than a run waits for a lock. Reads only. Waits up to 5
 * seconds while a lock is held, in which ordinary transactions end.
 */
export async function lastingLockObstacles(
  client: ClientBase,
  objects: DefinedObjects,
): Promise<readonly Obstacle[]> {
  let holders = await describeLockHolders(client, tablesOf(objects));
  for (let waited = 0; holders.length > 0 && waited < PATIENCE_SECONDS; waited++) {
    await sleep(1000);
    holders = await describeLockHolders(client, tablesOf(objects), waited + 1);
  }
  return holders.map((holder) => ({
    found: `${holder}, for longer than a run waits for a lock`,
    remedy: "Let it end, or end it, before the run",
  }));
}
