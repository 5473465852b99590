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
 * Compares the throwaway server's catalog after the plan with what is expected, makes the grants of the access matrix as the
 * stack makes them, and reads the effective privileges.
 *
 * @param client the session of the login that ran the plan
 * @param standIns the snapshot's keys of stand-ins, which are not compared
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
    // As the superuser: on a Supabase project this login does not own the schema public.
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
