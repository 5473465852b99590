import type { Client } from "pg";
import { compareSnapshots, formatDifference, validated } from "../catalog/compare";
import { definedObjects } from "../catalog/definedObjects";
import { isOn, isSameObject } from "../catalog/kinds/objectId";
import { fittingSteps } from "../catalog/lockedChange";
import { expectedObjects, fingerprintOf, formerObjects, takeObjects } from "../catalog/snapshot";
import { grantStatements } from "../directive/grantStatements";
import type { ObjectId } from "../model";
import { currentUser } from "../plan/makePlan";
import type { PlanRequest, PreparedPlan } from "../plan/plan";
import { takeEffectiveAccess } from "./effectiveAccess";
import type { Rehearsal } from "./model";

/**
 * Compares the throwaway server's catalog after the plan with what is expected, makes the grants of the access matrix as the
 * stack makes them, and reads the effective privileges.
 *
 * @param client the session of the login that ran the plan
 * @param standIns stand-ins: neither their own entries are compared, nor whether a CASCADE removed them
 */
export async function rehearsedOutcome(
  client: Client,
  superuser: Client,
  request: PlanRequest,
  { plan, objects }: PreparedPlan,
  standIns: readonly ObjectId[],
): Promise<Pick<Rehearsal, "fingerprint" | "differences" | "accessAfter">> {
  const isRollback = plan?.action === "rollback";
  const { snapshot, ids } = await takeObjects(client, objects, await currentUser(client));
  const expected = isRollback
    ? formerObjects(objects.change)
    : await expectedObjects(client, request.steps);
  if (!isRollback) {
    // As the superuser: on a Supabase project this login does not own the schema public.
    for (const statement of grantStatements(request.access)) {
      await superuser.query(statement);
    }
  }
  const isStandIn = (id: ObjectId): boolean =>
    standIns.some((one) => isSameObject(one, id) || isOn(id, one));
  const live = isRollback ? validated(expected.snapshot, snapshot) : snapshot;
  const differences = compareSnapshots(expected.snapshot, live).filter(({ object }) => {
    const id = ids.get(object) ?? expected.ids.get(object);
    return id === undefined || !isStandIn(id);
  });
  return {
    fingerprint: fingerprintOf(snapshot),
    differences: differences.map(formatDifference),
    accessAfter: await takeEffectiveAccess(
      client,
      definedObjects(fittingSteps(request.allSteps)),
      request.access,
    ),
  };
}
