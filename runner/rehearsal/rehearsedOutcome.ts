import type { Client } from "pg";
import { compareSnapshots, formatDifference } from "../catalog/compare";
import { definedObjects } from "../catalog/definedObjects";
import { isOn, keyOf } from "../catalog/kinds/objectId";
import { expectedObjects, fingerprintOf, formerObjects, takeObjects } from "../catalog/snapshot";
import { grantStatements } from "../directive/grantStatements";
import type { ObjectId } from "../model";
import { currentUser } from "../plan/makePlan";
import type { PlanRequest, PreparedPlan } from "../plan/plan";
import { takeEffectiveAccess } from "./effectiveAccess";
import type { Rehearsal } from "./model";

/**
 * What stands on the throwaway server once the plan ran there: the catalog against what is expected, and who can do
 * what, once the grants of the access matrix are made as the stack makes them.
 *
 * @param client the login that ran the plan
 * @param standIns what is there by name alone: how it looks says nothing, nor whether it went along with what it stands on
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
    // The schema public is not this login's on a Supabase project: as whoever may grant there.
    for (const statement of grantStatements(request.access)) {
      await superuser.query(statement);
    }
  }
  const isStandIn = (id: ObjectId): boolean =>
    standIns.some((one) => keyOf(one) === keyOf(id) || isOn(id, one));
  const differences = compareSnapshots(expected.snapshot, snapshot).filter(({ object }) => {
    const id = ids.get(object) ?? expected.ids.get(object);
    return id === undefined || !isStandIn(id);
  });
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
