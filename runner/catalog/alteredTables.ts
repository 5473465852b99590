import type { ClientBase } from "pg";
import type { DefinedObjects, Snapshot } from "../model";
import { formatName } from "../postgres/names";
import { parentOf } from "./compare";
import { alteredTables } from "./definedObjects";
import { takeSnapshot } from "./snapshot";
import { snapshotKey } from "./snapshotKey";

/**
 * The tables of others that the directives alter (file_audit), without what the directives do to them: before an apply
 * and after a rollback it is the same, unless somebody else changed it.
 */
export async function takeAlteredSnapshot(
  client: ClientBase,
  objects: DefinedObjects,
  owner: string,
): Promise<Snapshot> {
  const { added, changed, renamed, removed } = objects.change;
  const ids = [...added, ...changed, ...removed].map(({ id }) => id);
  const ours = new Set(
    [...ids, ...renamed.flatMap(({ from, to }) => [from, to])].map((id) => snapshotKey(id)),
  );
  const hosts = alteredTables(objects).map(formatName);
  const snapshot = await takeSnapshot(client, objects, owner, "whole");
  return withOwnOrder(
    Object.entries(snapshot).filter(
      ([key, value]) =>
        !ours.has(key) &&
        (hosts.some((host) => key === `table ${host}`) ||
          hosts.includes(parentOf(key, value) ?? "")),
    ),
  );
}

/** A column's position among those that are left: ours stood between them. */
function withOwnOrder(entries: readonly [string, unknown][]): Snapshot {
  const position = (value: unknown): number => Number((value as { position?: number }).position);
  const columns = entries
    .filter(([key]) => key.startsWith("column "))
    .sort(([, a], [, b]) => position(a) - position(b));
  const order = new Map(columns.map(([key], index) => [key, index + 1]));
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      order.has(key) ? { ...(value as object), position: order.get(key) } : value,
    ]),
  );
}
