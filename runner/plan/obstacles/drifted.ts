import { escapeIdentifier, type ClientBase } from "pg";
import { when } from "../../base/when";
import { OWNER } from "../../catalog/entry";
import { isSameObject, snapshotKey } from "../../catalog/kinds/objectId";
import { changeOf } from "../../catalog/lockedChange";
import type { ObjectId, Obstacle, Step } from "../../model";
import type { PreparedPlan } from "../plan";

/**
 * Objects that a rollback drops by name, and that somebody has dropped, renamed or moved already, or given to a role whose
 * objects this login may not drop. What goes with its table is not named: it may be missing.
 */
export async function driftedObstacles(
  client: ClientBase,
  { pending, objects, snapshot }: Pick<PreparedPlan, "pending" | "objects" | "snapshot">,
): Promise<readonly Obstacle[]> {
  const present = new Set(objects.change.added.map(({ id }) => snapshotKey(id)));
  const isMissing = (key: string): boolean => present.has(key) && !(key in snapshot);
  const named = pending
    .flatMap(droppedByName)
    .filter(({ of }) => of === undefined || !isMissing(snapshotKey(of)))
    .map(snapshotKey)
    .filter((key) => present.has(key));
  const owners = new Map(
    named.flatMap((key) => {
      const owner = ownerOf(snapshot[key]);
      return owner === undefined ? [] : [[key, owner] as const];
    }),
  );
  const { rows } = await client.query<{ owner: string; login: string }>(
    `SELECT rolname AS owner, current_user AS login FROM pg_catalog.pg_roles
      WHERE rolname = ANY ($1::text[]) AND NOT pg_has_role(oid, 'USAGE')`,
    [[...owners.values()]],
  );
  return named.flatMap((key): readonly Obstacle[] => {
    const foreign = rows.find(({ owner }) => owner === owners.get(key));
    if (foreign !== undefined) {
      return [
        {
          found: `${key} owned by "${foreign.owner}", which login "${foreign.login}" may not drop`,
          remedy: `Give it back to its owner, or GRANT ${escapeIdentifier(foreign.owner)} TO ${escapeIdentifier(foreign.login)}`,
        },
      ];
    }
    return when(isMissing(key), {
      found: `no ${key}, which is to be taken back`,
      remedy: "Run npx v7 repair, which makes it again; or give it back its name and schema",
    });
  });
}

/** The objects that a step added, without the parts of an object that it added with them. */
function droppedByName(step: Step): readonly ObjectId[] {
  const added = changeOf([step]).added.map(({ id }) => id);
  return added.filter(({ of }) => of === undefined || !added.some((id) => isSameObject(id, of)));
}

/** The owner that an entry names: another than the expected one. */
function ownerOf(entry: unknown): string | undefined {
  const owner = (entry as { readonly owner?: unknown } | undefined)?.owner;
  return typeof owner === "string" && owner !== OWNER ? owner : undefined;
}
