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

/** Objects by `keyOf(id)`, which change in place; siblings have an order. */
export class OrderedObjects {
  private readonly objects = new Map<string, DescribedObject>();
  /** For each group of siblings, the keys of its objects in their order. */
  private readonly orders = new Map<string, string[]>();

  /** @param objects siblings in their order */
  public constructor(objects: DescribedCatalog) {
    for (const object of objects.values()) {
      this.add(object, Infinity);
    }
  }

  public get(id: ObjectId): DescribedObject | undefined {
    return this.objects.get(keyOf(id));
  }

  /** Replaces the object of the same name, in its place. */
  public replace(object: DescribedObject): void {
    this.objects.set(keyOf(object.id), object);
  }

  /** @returns whether it was there */
  public remove(id: ObjectId): boolean {
    const key = keyOf(id);
    if (!this.objects.delete(key)) {
      return false;
    }
    const order = this.orderOf(id);
    order?.splice(order.indexOf(key), 1);
    return true;
  }

  /** Puts an object after the sibling of that name, for null before all; where that one is missing, after all siblings. */
  public put(object: DescribedObject, after: PropertyValue): void {
    this.remove(object.id);
    const before = keyOf({ ...object.id, name: String(after) });
    const place = after === null ? 0 : 1 + (this.orderOf(object.id)?.indexOf(before) ?? -1);
    this.add(object, after !== null && place === 0 ? Infinity : place);
  }

  /** Gives every object the id that it has after a rename. */
  public rename(laterId: (id: ObjectId) => ObjectId): void {
    const objects = [...this.catalog().values()];
    this.objects.clear();
    this.orders.clear();
    for (const object of objects) {
      this.add({ ...object, id: laterId(object.id) }, Infinity);
    }
  }

  /** All objects: each group of siblings together, in their order. */
  public catalog(): DescribedCatalog {
    const ordered = new Map<string, DescribedObject>();
    for (const [key, object] of this.objects) {
      for (const sibling of ordered.has(key) ? [] : (this.orderOf(object.id) ?? [key])) {
        ordered.set(sibling, this.objects.get(sibling) ?? object);
      }
    }
    return ordered;
  }

  private add(object: DescribedObject, place: number): void {
    const key = keyOf(object.id);
    const siblings = siblingsOf(object.id);
    this.objects.set(key, object);
    if (siblings !== undefined) {
      const order = this.orders.get(siblings) ?? [];
      order.splice(place, 0, key);
      this.orders.set(siblings, order);
    }
  }

  private orderOf(id: ObjectId): string[] | undefined {
    return this.orders.get(siblingsOf(id) ?? "");
  }
}
