import type { ClientBase } from "pg";
import { compareSnapshots, formatDifference } from "../../catalog/compare";
import { isSameObject, rootOf } from "../../catalog/kinds/objectId";
import { changeOf } from "../../catalog/lockedChange";
import { soleOwner, takeOwners } from "../../catalog/owners";
import { expectedObjects, takeObjects } from "../../catalog/snapshot";
import type { Obstacle } from "../../model";
import type { PlannedRun } from "./plannedRun";

/**
 * Differences of what the applied steps made from what was approved: the comparison at the end of the run would find them.
 * Without those of objects that the pending steps make, which are leftovers, or drop.
 */
export async function driftObstacles(
  client: ClientBase,
  { ran, applied, pending, owner }: Pick<PlannedRun, "ran" | "applied" | "pending" | "owner">,
): Promise<readonly Obstacle[]> {
  if (ran.length === 0 || pending.length === 0) {
    return [];
  }
  const expected = await expectedObjects(client, ran);
  const now = soleOwner(await takeOwners(client, applied)) ?? owner;
  const live = await takeObjects(client, applied, now);
  const { added, removed } = changeOf(pending);
  const replaced = [...added, ...removed].map(({ id }) => id);
  return compareSnapshots(expected.snapshot, live.snapshot)
    .filter(({ object }) => {
      const id = live.ids.get(object) ?? expected.ids.get(object);
      return (
        id === undefined ||
        !replaced.some((one) => isSameObject(one, id) || isSameObject(one, rootOf(id)))
      );
    })
    .map((difference) => ({
      found: `drift: ${formatDifference(difference)}`,
      remedy: "npx v7 drift says what repairs it",
    }));
}
