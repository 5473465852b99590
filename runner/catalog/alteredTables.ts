import type { ClientBase } from "pg";
import { alteredTables } from "../directive/definitions";
import type { DefinedObjects, Snapshot } from "../model";
import { formatName } from "../postgres/names";
import { takeSnapshot } from "./snapshot";

/**
 * The tables of others that the directives alter (file_audit), without what the directives add to them: before an apply
 * and after a rollback it is the same, unless somebody else changed it.
 */
export async function takeAlteredSnapshot(
  client: ClientBase,
  objects: DefinedObjects,
  owner: string,
): Promise<Snapshot> {
  const ours = new Set([
    ...objects.columns.map(({ table, column }) => `column ${formatName(table)}.${column}`),
    ...objects.indexes.map((index) => `index ${formatName(index)}`),
  ]);
  const none = { schemas: [], views: [], indexes: [], columns: [], functions: [] };
  const tables = alteredTables(objects);
  const snapshot = await takeSnapshot(client, { ...none, tables }, owner);
  return withOwnOrder(Object.entries(snapshot).filter(([key]) => !ours.has(key)));
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
