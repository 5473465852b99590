import type { Client } from "pg";
import { compareSnapshots, formatDifference } from "../catalog/compare";
import { definedObjects } from "../catalog/definedObjects";
import { expectedSnapshot, fingerprintOf, formerSnapshot, takeSnapshot } from "../catalog/snapshot";
import { grantStatements } from "../directive/grantStatements";
import { currentUser } from "../plan/makePlan";
import type { PlanRequest, PreparedPlan } from "../plan/plan";
import { takeEffectiveAccess } from "./effectiveAccess";
import type { Rehearsal } from "./model";

/**
 * What stands on the throwaway server once the plan ran there: the catalog against what is expected, and who can do
 * what, once the grants of the access matrix are made as the stack makes them.
 *
 * @param client the login that ran the plan
 * @param standIns what is there by name alone, by the snapshot's keys: how it looks says nothing
 */
export async function rehearsedOutcome(
  client: Client,
  superuser: Client,
  request: PlanRequest,
  { plan, objects }: PreparedPlan,
  standIns: readonly string[],
): Promise<Pick<Rehearsal, "fingerprint" | "differences" | "accessAfter">> {
  const isRollback = plan?.action === "rollback";
  const snapshot = await takeSnapshot(client, objects, await currentUser(client));
  const expected = isRollback
    ? formerSnapshot(objects.change)
    : await expectedSnapshot(client, request.steps);
  if (!isRollback) {
    // The schema public is not this login's on a Supabase project: as whoever may grant there.
    for (const statement of grantStatements(request.access)) {
      await superuser.query(statement);
    }
  }
  const differences = compareSnapshots(expected, snapshot).filter(
    ({ object }) => !standIns.includes(object),
  );
  return {
    fingerprint: fingerprintOf(snapshot),
    differences: differences.map(formatDifference),
    accessAfter: await takeEffectiveAccess(
      client,
      definedObjects(request.allSteps),
      request.access,
    ),
  };
}
