import type { ClientBase } from "pg";
import { findDependents } from "../../catalog/dependents";
import { idsOf, snapshotKey } from "../../catalog/kinds/objectId";
import { removedObjects } from "../../catalog/lockedChange";
import { lockedChanges } from "../../directive/readLock";
import type { Obstacle } from "../../model";
import type { PlannedRun } from "./plannedRun";

/**
 * Objects of this database that would go with what the steps drop, and of which the lock says nothing: it was made where they
 * did not exist. A DROP fails because of some, and with CASCADE drops them, too; others it takes along without a word, as an
 * index. Nothing makes them again after a rollback.
 */
export async function droppedAlongObstacles(
  client: ClientBase,
  { pending }: Pick<PlannedRun, "pending">,
): Promise<readonly Obstacle[]> {
  const dropped = removedObjects(pending);
  if (dropped.length === 0) {
    return [];
  }
  const changes = pending.flatMap((step) => lockedChanges(step));
  const objects = {
    change: {
      added: dropped.map((id) => ({ id, properties: {} })),
      changed: changes.flatMap(({ changed }) => changed),
      renamed: changes.flatMap(({ renamed }) => renamed),
      removed: [],
    },
    schemas: dropped.filter(({ kind }) => kind === "schema").map(({ name }) => name),
    columns: [],
  };
  const known = new Set(changes.flatMap(idsOf).map(snapshotKey));
  const dependents = await findDependents(client, objects, known);
  return dependents.map(({ name, isTakenAlong }) => ({
    found: `${name}, built on what the directive drops, and not in its lock`,
    remedy: isTakenAlong
      ? "It would be dropped as well, and a rollback would not make it again"
      : "Take it away first; or add it to the baseline, and lock the directive again",
    isPassing: isTakenAlong,
  }));
}
