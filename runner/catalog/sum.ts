import { fault, type Fault } from "../base/fault";
import type { CatalogChange, ObjectId, PropertyValue } from "../model";
import { changeBetween } from "./change";
import type { DescribedCatalog, DescribedObject } from "./describe";
import { keyOf, renameId, titleOf } from "./kinds/objectId";
import { OrderedObjects } from "./order";
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
  return applyAll(before, [change]);
}

/**
 * The sum of several changes in their order. The time grows in proportion to their number.
 *
 * @throws CHANGES_CONFLICT where one does not fit what the ones before it made
 */
export function sumChanges(changes: readonly CatalogChange[]): CatalogChange {
  // The catalog before the changes, as far as it is known: the objects that they change, rename and remove.
  const known = changes.reduceRight(takeBack, new Map<string, DescribedObject>());
  const before = new Map([...known].map(([key, object]) => [key, { ...object, address: key }]));
  return changeBetween(before, applyAll(before, changes));
}

/** The address of an object that is in no catalog, since a change removed it. */
export const REMOVED = "removed";

/**
 * The catalog before some changes, from the one after them: with the objects that they removed, and without parts of it that
 * only the changes know. Nothing is checked: the catalog may differ from what the changes made.
 */
export function catalogBefore(
  after: DescribedCatalog,
  changes: readonly CatalogChange[],
): DescribedCatalog {
  const known = changes
    .map((change) => ({
      ...change,
      removed: change.removed.map((object) => ({ ...object, address: REMOVED })),
    }))
    .reduceRight(takeBack, new Map(after));
  const before = new OrderedObjects(
    new Map([...known].filter(([, { address }]) => address !== undefined)),
  );
  for (const object of [...known.values()].filter(({ address }) => address === REMOVED)) {
    before.put(object, object.properties["after"] ?? null);
  }
  return before.catalog();
}

function applyAll(before: DescribedCatalog, changes: readonly CatalogChange[]): DescribedCatalog {
  const objects = new OrderedObjects(before);
  changes.forEach((change) => {
    applyTo(objects, change);
  });
  return objects.catalog();
}

function applyTo(
  objects: OrderedObjects,
  { added, changed, renamed, removed }: CatalogChange,
): void {
  // Removed objects have their names from before the change; changed and added ones those after it.
  for (const { id } of removed) {
    if (!objects.remove(id)) {
      throw conflict(id, "no such object", "the one that is taken away");
    }
  }
  for (const one of renamed) {
    rename(objects, one);
  }
  for (const one of changed) {
    const object = objects.get(one.id);
    if (object === undefined) {
      throw conflict(one.id, "no such object", "the one that is changed");
    }
    objects.replace(changeObject(object, one));
  }
  const taken = added.find(({ id }) => objects.get(id) !== undefined);
  if (taken !== undefined) {
    throw conflict(taken.id, "an object of that name", "none");
  }
  for (const { id, properties } of changed) {
    const object = objects.get(id);
    const moved = properties["after"];
    if (object !== undefined && moved !== undefined) {
      objects.put(object, moved.to);
    }
  }
  for (const object of added) {
    objects.put(object, object.properties["after"] ?? null);
  }
}

function rename(objects: OrderedObjects, renamed: Renamed): void {
  if (objects.get(renamed.from) === undefined) {
    throw conflict(renamed.from, "no such object", "the one that is renamed");
  }
  if (objects.get(renamed.to) !== undefined) {
    throw conflict(renamed.to, "an object of that name", "none");
  }
  objects.rename((id) => renameId(id, renamed));
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

/**
 * The catalog before a change, as far as it follows from the change and the catalog after it, which may change in place.
 * Nothing is checked.
 */
function takeBack(
  objects: Map<string, DescribedObject>,
  { added, changed, renamed, removed }: CatalogChange,
): Map<string, DescribedObject> {
  for (const { id } of added) {
    objects.delete(keyOf(id));
  }
  for (const { id, properties } of changed) {
    const object = objects.get(keyOf(id)) ?? { id, properties: {} };
    const former: Record<string, PropertyValue> = { ...object.properties };
    for (const [name, { from, to }] of Object.entries(properties)) {
      set(former, name, exchange(former[name] ?? null, to, from));
    }
    objects.set(keyOf(id), { ...object, properties: former });
  }
  const renamedBack = renamed.reduceRight((known, { from, to }) => {
    if (!known.has(keyOf(to))) {
      known.set(keyOf(to), { id: to, properties: {} });
    }
    return new Map(
      [...known.values()].map((object) => {
        const id = renameId(object.id, { from: to, to: from });
        return [keyOf(id), { ...object, id }];
      }),
    );
  }, objects);
  for (const object of removed) {
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
