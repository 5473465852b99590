import { canonicalJson } from "../base/canonicalJson";
import { ownValue } from "../base/ownValue";
import { visible } from "../base/visible";
import { isMapping } from "../base/yamlText";
import type { ObjectId, Snapshot } from "../model";
import type { Entry } from "./entry";
import { keyOf } from "./kinds/objectId";
import { rootOf } from "./snapshotKey";

/** One object that is not as it should be. */
export interface Difference {
  /** The snapshot's key: `column public.file_audit.v7_target_name`. */
  readonly object: string;
  readonly kind: "missing" | "unexpected" | "changed";
  /** For `changed`: the properties that differ, as `type: varchar(500) -> text`. */
  readonly details: readonly string[];
  /** Which object of the catalog; absent of what is not described: who may do what, roles, logins, the history. */
  readonly id?: ObjectId;
  /** Where what is on it is in another order: the kind of that. */
  readonly orderOf?: string;
}

/** Expected against live, object by object, sorted by object. Equal snapshots have no differences. */
export function compareSnapshots(expected: Snapshot, live: Snapshot): readonly Difference[] {
  const keys = [...new Set([...Object.keys(expected), ...Object.keys(live)])].sort();
  return keys.flatMap((object): Difference[] => {
    if (!(object in live)) {
      return [{ object, kind: "missing", details: [] }];
    }
    if (!(object in expected)) {
      return [{ object, kind: "unexpected", details: [] }];
    }
    const details = changedProperties(expected[object], live[object]);
    return details.length === 0 ? [] : [{ object, kind: "changed", details }];
  });
}

/**
 * As {@link compareSnapshots}, made readable: of a schema that is missing the schema alone is named; of an object that is
 * missing or unexpected the object, not what is on it (a table's columns, an enum's labels); columns in another order are
 * one difference of their table (`column order public.file_audit`), and a column that is missing does not make those
 * behind it differ.
 *
 * @param ids which object each key names
 */
export function compareCatalogs(
  expected: Snapshot,
  live: Snapshot,
  ids: ReadonlyMap<string, ObjectId>,
): readonly Difference[] {
  const differences = compareSnapshots(withoutPositions(expected), withoutPositions(live)).map(
    (one) => ({ ...one, id: idIn(ids, one.object) }),
  );
  const whole = new Set(
    differences.filter(({ kind }) => kind !== "changed").map(({ id }) => keyOf(id)),
  );
  const isGone = (id: ObjectId): boolean =>
    whole.has(keyOf({ kind: "schema", name: String(rootOf(id).schema) }));
  return [
    ...differences.filter(
      ({ kind, id }) =>
        kind === "changed" || !(isGone(id) || (id.of !== undefined && whole.has(keyOf(id.of)))),
    ),
    ...otherOrders(siblingsIn(expected, ids), siblingsIn(live, ids)),
  ];
}

function idIn(ids: ReadonlyMap<string, ObjectId>, key: string): ObjectId {
  const id = ids.get(key);
  if (id === undefined) {
    throw new Error(`"${key}" names no object`);
  }
  return id;
}

function withoutPositions(snapshot: Snapshot): Snapshot {
  return Object.fromEntries(
    Object.entries(snapshot).map(([key, entry]) => [key, withoutPosition(entry as Entry)]),
  );
}

/** An entry's properties; its place among others is none. */
export function withoutPosition(entry: Entry): Entry {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => name !== "position"));
}

/** Objects of one kind that are on one object, in their order: a table's columns. */
export interface Siblings {
  readonly kind: string;
  readonly of: ObjectId;
  readonly names: readonly string[];
}

/** Those of a snapshot that have an order, by what they are on: `column order public.file_audit`. */
export function siblingsIn(
  snapshot: Snapshot,
  ids: ReadonlyMap<string, ObjectId>,
): ReadonlyMap<string, Siblings> {
  const placed = Object.entries(snapshot)
    .map(([key, entry]) => ({ id: ids.get(key), position: (entry as Entry)["position"] }))
    .sort((a, b) => Number(a.position) - Number(b.position));
  const siblings = new Map<string, Siblings>();
  for (const { id, position } of placed) {
    if (id?.of !== undefined && position !== undefined) {
      const key = orderKey(id.kind, id.of);
      const names = [...(siblings.get(key)?.names ?? []), id.name];
      siblings.set(key, { kind: id.kind, of: id.of, names });
    }
  }
  return siblings;
}

/** The name of what is on an object in some order. */
export function orderKey(kind: string, { schema, name }: ObjectId): string {
  return `${kind} order ${schema === undefined ? "" : `${schema}.`}${name}`;
}

function otherOrders(
  wanted: ReadonlyMap<string, Siblings>,
  found: ReadonlyMap<string, Siblings>,
): Difference[] {
  return [...wanted].flatMap(([object, { kind, of, names }]): Difference[] => {
    const present = found.get(object)?.names ?? [];
    const from = names.filter((name) => present.includes(name));
    const to = present.filter((name) => names.includes(name));
    const details = [`${from.join(", ")} -> ${to.join(", ")}`];
    return from.join() === to.join()
      ? []
      : [{ object, kind: "changed", details, id: of, orderOf: kind }];
  });
}

/** A line a difference, for a user's eyes and for the stack's output `drift`. */
export function formatDifference({ object, kind, details }: Difference): string {
  return visible(
    details.length === 0 ? `${kind}: ${object}` : `${kind}: ${object} (${details.join("; ")})`,
  );
}

function changedProperties(expected: unknown, live: unknown): string[] {
  if (!isMapping(expected) || !isMapping(live)) {
    return canonicalJson(expected) === canonicalJson(live)
      ? []
      : [`${shorten(expected)} -> ${shorten(live)}`];
  }
  return changedNames(expected, live).map(
    (name) => `${name}: ${shorten(ownValue(expected, name))} -> ${shorten(ownValue(live, name))}`,
  );
}

/** The properties that differ, sorted. */
export function changedNames(
  expected: Readonly<Record<string, unknown>>,
  live: Readonly<Record<string, unknown>>,
): string[] {
  const json = (of: Readonly<Record<string, unknown>>, name: string): string =>
    canonicalJson(ownValue(of, name) ?? null);
  return [...new Set([...Object.keys(expected), ...Object.keys(live)])]
    .sort()
    .filter((name) => json(expected, name) !== json(live, name));
}

function shorten(value: unknown): string {
  const text =
    typeof value === "string" ? value : value === undefined ? "nothing" : canonicalJson(value);
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 120 ? `${line.slice(0, 117)}…` : line;
}
