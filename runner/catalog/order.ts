import type { ObjectId, PropertyValue } from "../model";
import type { DescribedCatalog, DescribedObject } from "./describe";
import { kindOf } from "./kinds";
import { keyOf } from "./kinds/objectId";

// Columns and labels have an order: that of the map of a described catalog.

/** The key of the ordered parts to which an object belongs, `column of table public.t`; undefined where it has no order. */
export function siblingsOf({ kind, of }: ObjectId): string | undefined {
  return of === undefined || kindOf(kind).read.place === undefined
    ? undefined
    : `${kind} of ${keyOf(of)}`;
}

/** For each object in `keys`, the name of the preceding sibling that is in `keys` too; null for the first. */
export function predecessors(
  objects: DescribedCatalog,
  keys: ReadonlySet<string>,
): ReadonlyMap<string, string | null> {
  const last = new Map<string, string>();
  const before = new Map<string, string | null>();
  for (const [key, { id }] of objects) {
    const siblings = siblingsOf(id);
    if (siblings !== undefined && keys.has(key)) {
      before.set(key, last.get(siblings) ?? null);
      last.set(siblings, id.name);
    }
  }
  return before;
}

/** An object, and the name of the sibling that it comes after. */
export interface Placed {
  readonly object: DescribedObject;
  readonly after: PropertyValue;
}

/** The catalog with each of these objects after the sibling that it names; where that is missing, after all siblings. */
export function putInPlace(objects: DescribedCatalog, placed: readonly Placed[]): DescribedCatalog {
  let ordered = new Map(objects);
  const orders = siblingsIn(objects);
  for (const { object, after } of placed) {
    const key = keyOf(object.id);
    const siblings = siblingsOf(object.id);
    if (siblings === undefined) {
      ordered.set(key, object);
      continue;
    }
    const order = orders.get(siblings) ?? [];
    const others = order.filter((other) => other !== key);
    const before =
      after === null ? -1 : others.indexOf(keyOf({ ...object.id, name: String(after) }));
    const place = after !== null && before === -1 ? others.length : before + 1;
    const next = others[place];
    orders.set(siblings, others.toSpliced(place, 0, key));
    ordered.delete(key);
    if (next === undefined) {
      ordered.set(key, object);
    } else {
      ordered = new Map(
        [...ordered].flatMap((entry) =>
          entry[0] === next ? [[key, object] as const, entry] : [entry],
        ),
      );
    }
  }
  return ordered;
}

function siblingsIn(objects: DescribedCatalog): Map<string, readonly string[]> {
  const orders = new Map<string, string[]>();
  for (const [key, { id }] of objects) {
    const siblings = siblingsOf(id);
    if (siblings !== undefined) {
      orders.set(siblings, [...(orders.get(siblings) ?? []), key]);
    }
  }
  return orders;
}
