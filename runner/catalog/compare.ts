import { canonicalJson } from "../base/canonicalJson";
import { ownValue } from "../base/ownValue";
import { withoutSecrets } from "../base/redaction";
import { isMapping } from "../base/yamlText";
import type { ObjectId, Snapshot } from "../model";
import type { Entry } from "./entry";
import { keyOf, rootOf } from "./kinds/objectId";

/** One object that differs from what is expected. */
export interface Difference {
  /** The snapshot's key: `column public.file_audit.v7_target_name`. */
  readonly object: string;
  readonly kind: "missing" | "unexpected" | "changed";
  /** For `changed`: the properties that differ, as `type: varchar(500) -> text`. */
  readonly details: readonly string[];
  /** The object of the catalog; absent for privileges, roles, logins and the history. */
  readonly id?: ObjectId;
  /** Where parts of the object are in another order: the parts' kind, `column`. */
  readonly orderOf?: string;
}

export function differenceOf(
  object: string,
  kind: Difference["kind"],
  ...details: readonly string[]
): Difference {
  return { object, kind, details };
}

/** Compares two snapshots object by object; sorted by object. Equal snapshots have no differences. */
export function compareSnapshots(expected: Snapshot, live: Snapshot): readonly Difference[] {
  const keys = [...new Set([...Object.keys(expected), ...Object.keys(live)])].sort();
  return keys.flatMap((object): Difference[] => {
    if (!(object in live)) {
      return [differenceOf(object, "missing")];
    }
    if (!(object in expected)) {
      return [differenceOf(object, "unexpected")];
    }
    const details = changedProperties(expected[object], live[object]);
    return details.length === 0 ? [] : [differenceOf(object, "changed", ...details)];
  });
}

/**
 * The snapshot with the foreign keys that are as expected, but NOT VALID, as if they were valid: after a rollback they wait for
 * a restore of the rows to which they refer. Inverses that leave others so are not locked.
 */
export function validated(expected: Snapshot, live: Snapshot): Snapshot {
  return Object.fromEntries(
    Object.entries(live).map(([object, found]) => {
      const entry = expected[object];
      const isWaiting =
        isMapping(entry) &&
        isMapping(found) &&
        String(entry["definition"]).startsWith("FOREIGN KEY ") &&
        found["definition"] === `${String(entry["definition"])} NOT VALID`;
      return [object, isWaiting ? { ...found, definition: entry["definition"] } : found];
    }),
  );
}

/**
 * Compares like {@link compareSnapshots}, with fewer differences to read. For a missing schema only the schema is listed; for
 * a missing or unexpected object only the object, not its parts (a table's columns, an enum's labels). Columns in another
 * order are one difference of their table (`column order public.file_audit`), and a missing column does not make the
 * following columns differ.
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

/** An entry's properties without its position among its siblings. */
export function withoutPosition(entry: Entry): Entry {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => name !== "position"));
}

/** The parts of one kind of an object, in their order: a table's columns. */
export interface Siblings {
  readonly kind: string;
  readonly of: ObjectId;
  readonly names: readonly string[];
}

/** The ordered parts in a snapshot, by `column order public.file_audit`. */
export function siblingsIn(
  snapshot: Snapshot,
  ids: ReadonlyMap<string, ObjectId>,
): ReadonlyMap<string, Siblings> {
  const placed = Object.entries(snapshot)
    .map(([key, entry]) => ({ id: ids.get(key), position: (entry as Entry)["position"] }))
    .filter(({ position }) => position !== undefined)
    .sort((a, b) => Number(a.position) - Number(b.position));
  const siblings = new Map<string, Siblings>();
  for (const { id } of placed) {
    if (id?.of !== undefined) {
      const key = orderKey(id.kind, id.of);
      const names = [...(siblings.get(key)?.names ?? []), id.name];
      siblings.set(key, { kind: id.kind, of: id.of, names });
    }
  }
  return siblings;
}

/** The key of the order of an object's parts. */
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
    const change = `${from.join(", ")} -> ${to.join(", ")}`;
    return from.join() === to.join()
      ? []
      : [{ ...differenceOf(object, "changed", change), id: of, orderOf: kind }];
  });
}

/** One line for a difference, for messages and the stack's output `drift`. */
export function formatDifference({ object, kind, details }: Difference): string {
  return withoutSecrets(
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
  const line = withoutSecrets(text).replace(/\s+/g, " ").trim();
  return line.length > 120 ? `${line.slice(0, 117)}…` : line;
}
