import type { ClientBase } from "pg";
import type { DefinedObjects, ObjectId, Snapshot } from "../model";
import { alteredTablesBefore } from "./definedObjects";
import { formerId, keyOf, renamedBefore, rootOf, snapshotKey } from "./kinds/objectId";
import { takeObjects } from "./snapshot";

/**
 * Takes the snapshot of the tables of others that the directives alter (file_audit), without the directives' own changes: it
 * is the same before an apply and after a rollback, unless somebody else changed a table. All names are those from before
 * the directives. Definitions on a table in which the directives rename something are left out, as their texts follow the
 * new names.
 */
export async function takeAlteredSnapshot(
  client: ClientBase,
  objects: DefinedObjects,
  owner: string,
): Promise<Snapshot> {
  const { added, changed, renamed, removed } = objects.change;
  const former = (id: ObjectId): ObjectId => formerId(id, renamed);
  const ours = new Set(
    [
      ...[...added, ...changed].map(({ id }) => former(id)),
      ...removed.map(({ id }) => id),
      ...renamedBefore(renamed),
    ].map(keyOf),
  );
  const hosts = new Set(
    alteredTablesBefore(objects).map((table) => keyOf({ kind: "table", ...table })),
  );
  const renamedIn = new Set(renamedBefore(renamed).map((id) => keyOf(rootOf(id))));
  const { snapshot, ids } = (await takeObjects(client, objects, owner)).withHosts();
  return withOwnOrder(
    [...ids].flatMap(([key, now]): Entry[] => {
      const id = former(now);
      const host = keyOf(rootOf(id));
      if (ours.has(keyOf(id)) || !hosts.has(host)) {
        return [];
      }
      const entry = renamedIn.has(host) ? withoutDefinition(snapshot[key]) : snapshot[key];
      return [{ id, entry }];
    }),
  );
}

interface Entry {
  readonly id: ObjectId;
  readonly entry: unknown;
}

function withoutDefinition(entry: unknown): unknown {
  return Object.fromEntries(
    Object.entries(entry as object).filter(([name]) => name !== "definition"),
  );
}

/** Numbers each table's columns again: the directives' columns, which are left out, took some of the positions. */
function withOwnOrder(entries: readonly Entry[]): Snapshot {
  const position = ({ entry }: Entry): number => Number((entry as { position?: number }).position);
  const places = new Map<string, number>();
  const columns = entries.filter(({ id }) => id.kind === "column");
  const order = new Map(
    [...columns]
      .sort((a, b) => position(a) - position(b))
      .map(({ id }) => {
        const table = keyOf(rootOf(id));
        const place = (places.get(table) ?? 0) + 1;
        places.set(table, place);
        return [keyOf(id), place];
      }),
  );
  return Object.fromEntries(
    entries.map(({ id, entry }) => {
      const place = order.get(keyOf(id));
      return [
        snapshotKey(id),
        place === undefined ? entry : { ...(entry as object), position: place },
      ];
    }),
  );
}
