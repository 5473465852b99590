import type { ClientBase } from "pg";
import { ARCHIVE_SCHEMA } from "../../catalog/archive";
import { findDependents } from "../../catalog/dependents";
import { snapshotKey } from "../../catalog/kinds/objectId";
import { changeOf, fittingSteps } from "../../catalog/lockedChange";
import type { Obstacle } from "../../model";
import { together } from "../../postgres/together";
import type { PlanRequest, PreparedPlan } from "../plan";
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
    preparedTransactionObstacles(client, run),
    eventTriggerObstacles(client, run),
    shadowObstacles(client, run),
  ]);
  return [
    ...dependents.map((name) => ({
      found: `${name}, built on the directives' objects`,
      remedy: "Take it away, or keep the directives",
    })),
    ...pending.flatMap(({ directive, id, irreversible }) =>
      irreversible === undefined
        ? []
        : [
            {
              found: `the step ${id} of ${directive}, which nothing takes back: ${irreversible}`,
              remedy: "Roll back to a directive behind it with --to, or keep the directives",
            },
          ],
    ),
    ...others.flat(),
  ];
}

/** A schema v7_archive that belongs to another role: its owner could drop the archives. */
async function archiveObstacles(client: ClientBase): Promise<Obstacle[]> {
  const { rows } = await client.query<{ owner: string }>(
    `SELECT pg_get_userbyid(nspowner) AS owner FROM pg_catalog.pg_namespace
      WHERE nspname = $1 AND NOT pg_has_role(nspowner, 'USAGE')`,
    [ARCHIVE_SCHEMA],
  );
  return rows.map(({ owner }) => ({
    found: `the schema "${ARCHIVE_SCHEMA}", which belongs to "${owner}": rows could not be archived there`,
    remedy: "Rename that schema, or give it to this login",
  }));
}
