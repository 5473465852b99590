import type { ClientBase } from "pg";
import { when } from "../../base/when";
import { findDependents } from "../../catalog/dependents";
import { snapshotKey } from "../../catalog/kinds/objectId";
import { changeOf, fittingSteps } from "../../catalog/lockedChange";
import type { Obstacle } from "../../model";
import { together } from "../../postgres/together";
import type { PlanRequest, PreparedPlan } from "../plan";
import { archiveObstacles } from "./archive";
import { addedAttributeObstacles } from "./attributes";
import { driftedObstacles } from "./drifted";
import { eventTriggerObstacles } from "./eventTriggers";
import { preparedTransactionObstacles } from "./preparedTransactions";
import { shadowObstacles } from "./shadows";

/**
 * Finds everything that would make a rollback fail on this database, or drop objects of others. Reads only. Without locks
 * that sessions hold: a run waits for those, and a plan shows {@link lastingLockObstacles}.
 */
export async function rollbackObstacles(
  client: ClientBase,
  { allSteps }: Pick<PlanRequest, "allSteps">,
  { pending, objects, snapshot }: Pick<PreparedPlan, "pending" | "objects" | "snapshot">,
): Promise<readonly Obstacle[]> {
  const known = new Set(changeOf(fittingSteps(allSteps)).added.map(({ id }) => snapshotKey(id)));
  const run = {
    objects,
    statements: pending.flatMap(({ inverse }) => inverse?.statements ?? []),
    steps: [],
    optional: [],
  };
  const [dependents, ...others] = await together([
    findDependents(client, objects, known),
    driftedObstacles(client, { pending, objects, snapshot }),
    archiveObstacles(client),
    addedAttributeObstacles(client, objects),
    preparedTransactionObstacles(client, run),
    eventTriggerObstacles(client, run),
    shadowObstacles(client, run),
  ]);
  return [
    ...dependents.map(({ name }) => ({
      found: `${name}, built on the directives' objects`,
      remedy: "Take it away, or keep the directives",
    })),
    ...pending.flatMap(({ directive, id, irreversible }) =>
      when(irreversible !== undefined, {
        found: `the step ${id} of ${directive}, which nothing takes back: ${irreversible ?? ""}`,
        remedy: "Roll back to a directive behind it with --to, or keep the directives",
      }),
    ),
    ...others.flat(),
  ];
}
