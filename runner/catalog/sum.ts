import { fault, type Fault } from "../base/fault";
import type { CatalogChange, ObjectId, PropertyValue } from "../model";
import { changeBetween } from "./change";
import type { DescribedCatalog, DescribedObject } from "./describe";
import { keyOf, renameId, titleOf } from "./kinds/objectId";
import { putInPlace, type Placed } from "./order";
import { entriesOf, isList } from "./propertyValue";

type Changed = CatalogChange["changed"][number];
type Renamed = CatalogChange["renamed"][number];

/**
 * The catalog after a change. The change must fit: an added object must not exist before, a removed one must, a changed
 * property must have its old value, and a list must have the removed entries and not the added ones.
 *
 * @throws CHANGES_CONFLICT, which names the object
 */
export function applyChange(before: DescribedCatalog, change: CatalogChange): DescribedCatalog {
  // Removed objects have their names from before the change; changed and added ones those after it.
  const left = new Map(before);
  for (const { id } of change.removed) {
    if (!left.delete(keyOf(id))) {
      throw conflict(id, "no such object", "the one that is taken away");
    }
  }
  const after = change.renamed.reduce(rename, left);
  for (const changed of change.changed) {
    const object = after.get(keyOf(changed.id));
    if (object === undefined) {
      throw conflict(changed.id, "no such object", "the one that is changed");
    }
    after.set(keyOf(changed.id), changeObject(object, changed));
  }
  const taken = change.added.find(({ id }) => after.has(keyOf(id)));
  if (taken !== undefined) {
    throw conflict(taken.id, "an object of that name", "none");
  }
  return putInPlace(after, [...movedOf(after, change), ...change.added.map(placeOf)]);
}

/** How many changes, or sums of changes, are summed at once: each step copies the catalog of all before it. */
const AT_ONCE = 16;

/**
 * The sum of several changes in their order. The time grows in proportion to their number.
 *
 * @throws CHANGES_CONFLICT where one does not fit what the ones before it made
 */
export function sumChanges(changes: readonly CatalogChange[]): CatalogChange {
  if (changes.length > AT_ONCE) {
    const size = Math.max(AT_ONCE, Math.ceil(changes.length / AT_ONCE));
    const parts = Array.from({ length: Math.ceil(changes.length / size) }, (_, index) =>
      changes.slice(index * size, (index + 1) * size),
    );
    return sumChanges(parts.map(sumChanges));
  }
  // The catalog before the changes, as far as it is known: the objects that they change, rename and remove.
  const before = new Map(
    [...changes.reduceRight(takeBack, new Map<string, DescribedObject>())].map(([key, object]) => [
      key,
      { ...object, address: key },
    ]),
  );
  return changeBetween(before, changes.reduce<DescribedCatalog>(applyChange, before));
}

function movedOf(objects: DescribedCatalog, { changed }: CatalogChange): readonly Placed[] {
  return changed.flatMap(({ id, properties }) => {
    const object = objects.get(keyOf(id));
    const moved = properties["after"];
    return object === undefined || moved === undefined ? [] : [{ object, after: moved.to }];
  });
}

function placeOf(object: DescribedObject): Placed {
  return { object, after: object.properties["after"] ?? null };
}

function rename(
  objects: Map<string, DescribedObject>,
  renamed: Renamed,
): Map<string, DescribedObject> {
  if (!objects.has(keyOf(renamed.from))) {
    throw conflict(renamed.from, "no such object", "the one that is renamed");
  }
  if (objects.has(keyOf(renamed.to))) {
    throw conflict(renamed.to, "an object of that name", "none");
  }
  return renameAll(objects, renamed);
}

function renameAll(
  objects: ReadonlyMap<string, DescribedObject>,
  renamed: Renamed,
): Map<string, DescribedObject> {
  return new Map(
    [...objects.values()].map((object) => {
      const id = renameId(object.id, renamed);
      return [keyOf(id), { ...object, id }];
    }),
  );
}

function changeObject(object: DescribedObject, { id, properties }: Changed): DescribedObject {
  const after: Record<string, PropertyValue> = { ...object.properties };
  for (const [name, { from, to }] of Object.entries(properties)) {
    const old = after[name] ?? null;
    if (name !== "after" && !fits(old, from, to)) {
      throw conflict(
        id,
        `${name} ${JSON.stringify(old)}`,
        `${JSON.stringify(from)} before it becomes ${JSON.stringify(to)}`,
      );
    }
    set(after, name, exchange(old, from, to));
  }
  return { ...object, properties: after };
}

function fits(old: PropertyValue, from: PropertyValue, to: PropertyValue): boolean {
  if (!isList(from) && !isList(to)) {
    return old === from;
  }
  const entries = entriesOf(old);
  return (
    entriesOf(from).every((entry) => entries.includes(entry)) &&
    !entriesOf(to).some((entry) => entries.includes(entry))
  );
}

/** The new value; of a list the old entries without the removed ones and with the added ones. */
function exchange(old: PropertyValue, from: PropertyValue, to: PropertyValue): PropertyValue {
  if (!isList(from) && !isList(to)) {
    return to;
  }
  const left = entriesOf(old).filter((entry) => !entriesOf(from).includes(entry));
  return [...left, ...entriesOf(to)].sort();
}

function set(properties: Record<string, PropertyValue>, name: string, value: PropertyValue): void {
  if (value === null || (isList(value) && value.length === 0)) {
    Reflect.deleteProperty(properties, name);
  } else {
    properties[name] = value;
  }
}

/** The catalog before a change, as far as it follows from the change and the catalog after it. Nothing is checked. */
function takeBack(
  after: ReadonlyMap<string, DescribedObject>,
  change: CatalogChange,
): Map<string, DescribedObject> {
  const before = new Map(after);
  for (const { id } of change.added) {
    before.delete(keyOf(id));
  }
  for (const { id, properties } of change.changed) {
    const object = before.get(keyOf(id)) ?? { id, properties: {} };
    const former: Record<string, PropertyValue> = { ...object.properties };
    for (const [name, { from, to }] of Object.entries(properties)) {
      set(former, name, exchange(former[name] ?? null, to, from));
    }
    before.set(keyOf(id), { ...object, properties: former });
  }
  const renamedBack = change.renamed.reduceRight((objects, { from, to }) => {
    const known = objects.has(keyOf(to))
      ? objects
      : new Map(objects).set(keyOf(to), { id: to, properties: {} });
    return renameAll(known, { from: to, to: from });
  }, before);
  for (const object of change.removed) {
    renamedBack.set(keyOf(object.id), object);
  }
  return renamedBack;
}

function conflict(id: ObjectId, found: string, expected: string): Fault {
  return fault("CHANGES_CONFLICT", {
    what: `summing what statements do to ${titleOf(id)}`,
    found,
    expected,
    remedy: "Put the steps in the order in which each finds what it needs, or change one of them",
  });
}
