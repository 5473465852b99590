import type { ClientBase } from "pg";
import { digestOf } from "../base/canonicalJson";
import { LOCKED_BY } from "../directive/lock";
import { FORMER_CHECK } from "../history/formerCheck";
import type {
  CatalogChange,
  CatalogObject,
  DefinedObjects,
  ObjectId,
  Snapshot,
  Step,
} from "../model";
import { serverMajor } from "../postgres/serverVersion";
import { findConcerned, type Concerned } from "./concerned";
import { describeAmong, type DescribedCatalog, type DescribedObject } from "./describe";
import { entryOf, partOfEntry, type Entry } from "./entry";
import { kindOf } from "./kinds";
import {
  formerId,
  idsOf,
  isOn,
  isSameObject,
  keyOf,
  renamedBefore,
  rootOf,
  snapshotKey,
} from "./kinds/objectId";
import { changeOf, lockedMajor } from "./lockedChange";
import { unknownOptions } from "./notCompared";
import { siblingsOf } from "./order";
import { entriesOf } from "./propertyValue";

/** A snapshot, with the object that each of its keys names. */
export interface SnapshotOfObjects {
  readonly snapshot: Snapshot;
  readonly ids: ReadonlyMap<string, ObjectId>;
}

/** A snapshot that was taken from a server. */
export interface FoundObjects extends SnapshotOfObjects {
  /** Properties that the server has and this version does not know: `option x of public.t`. */
  readonly notCompared: readonly string[];
  /** The snapshot with everything on the tables of others to which the directives added something. */
  readonly withHosts: () => SnapshotOfObjects;
}

/** {@link expectedObjects} without the ids. */
export async function expectedSnapshot(
  client: ClientBase,
  steps: readonly Step[],
): Promise<Snapshot> {
  return (await expectedObjects(client, steps)).snapshot;
}

/**
 * The snapshot that is expected once exactly these steps have been applied: the sum of their locks.
 *
 * @param client connected to the server: a view's text may differ by its major
 */
export async function expectedObjects(
  client: ClientBase,
  steps: readonly Step[],
): Promise<SnapshotOfObjects> {
  const { added, changed, renamed } = changeOf(steps, lockedMajor(await serverMajor(client)));
  return snapshotOf([
    ...renamed.map(({ to }) => partOf(to)),
    ...changed.map(({ id, properties }) => partOf(id, properties, "to")),
    ...added.map((object) => ({ object, entry: entryOf(object, LOCKED_BY) })),
  ]);
}

/** The snapshot that is expected once a change has been taken back: what it changed, renamed and removed, as it was before. */
export function formerObjects({ changed, renamed, removed }: CatalogChange): SnapshotOfObjects {
  return snapshotOf([
    ...renamedBefore(renamed).map((id) => partOf(id)),
    ...changed.map(({ id, properties }) => partOf(formerId(id, renamed), properties, "from")),
    ...removed.map((object) => ({ object, entry: entryOf(object, LOCKED_BY) })),
  ]);
}

/** The entry of an object of others: only the changed properties. */
function partOf(
  id: ObjectId,
  changed: CatalogChange["changed"][number]["properties"] = {},
  side: "from" | "to" = "to",
): ObjectEntry {
  const properties = Object.fromEntries(
    Object.entries(changed).map(([name, values]) => [name, values[side]]),
  );
  return { object: { id, properties }, entry: partOfEntry(properties, LOCKED_BY), isPart: true };
}

/** {@link takeObjects} without the ids. */
export async function takeSnapshot(...asked: Parameters<typeof takeObjects>): Promise<Snapshot> {
  return (await takeObjects(...asked)).snapshot;
}

/**
 * Takes the snapshot of the directives' objects. It has whole entries of the objects that they made, of everything that is
 * part of those or in a schema of theirs, and of objects on tables of others that mention an added column. Of other objects
 * that they changed, it has only the changed properties. Missing objects have no entry.
 *
 * Reads only the catalog. Needs no privilege on the objects themselves.
 *
 * @param owner the expected owner: the login that applied, or would apply, the directive
 */
export async function takeObjects(
  client: ClientBase,
  objects: DefinedObjects,
  owner: string,
): Promise<FoundObjects> {
  const { change } = objects;
  const concerned = await findConcerned(client, objects);
  const catalog =
    concerned.addresses.length === 0 && !concernsRareKinds(change)
      ? new Map<string, DescribedObject>()
      : await describeAmong(client, concerned.addresses, concernsRareKinds(change));
  const entriesWith = (hosts: boolean) => liveEntries(catalog, objects, concerned, owner, hosts);
  const entries = entriesWith(false);
  const options = entries.flatMap(({ object, isPart }) =>
    isPart === true ? [] : unknownOptions(object),
  );
  return {
    ...snapshotOf(entries),
    notCompared: [...concerned.unknown, ...options].sort(),
    withHosts: () => snapshotOf(entriesWith(true)),
  };
}

/** Whether a change concerns kinds of which there are never many (roles, extensions, casts), which are read only then. */
export function concernsRareKinds(change: CatalogChange): boolean {
  return idsOf(change).some(({ kind }) => kindOf(kind).read.narrow === undefined);
}

interface ObjectEntry {
  readonly object: CatalogObject;
  readonly entry: Entry;
  /** Whether the entry has only the changed properties; it has no position then. */
  readonly isPart?: true;
}

function liveEntries(
  catalog: DescribedCatalog,
  { change, schemas, tables }: DefinedObjects,
  { mentions, superuser }: Concerned,
  owner: string,
  withHosts: boolean,
): readonly ObjectEntry[] {
  // Before a rename its object has the name that another one takes after it.
  const occupied = change.renamed.filter(({ to }) => !catalog.has(keyOf(to)));
  const isOccupied = (id: ObjectId): boolean =>
    occupied.some(({ from }) => isSameObject(id, from) || isOn(id, from));
  const own = new Set(
    change.added.flatMap(({ id }) => (occupied.length > 0 && isOccupied(id) ? [] : [keyOf(id)])),
  );
  const changed = new Map(
    change.changed.flatMap((one) => [
      [keyOf(one.id), one] as const,
      [keyOf(formerId(one.id, change.renamed)), one] as const,
    ]),
  );
  const renamed = new Set(
    [...renamedBefore(change.renamed), ...change.renamed.map(({ to }) => to)].map(keyOf),
  );
  const removed = new Set(change.removed.map(({ id }) => keyOf(id)));
  const hostsOf = new Set(
    [...change.added, ...change.changed]
      .flatMap(({ id }) => [id, formerId(id, change.renamed)])
      .map((id) => keyOf(rootOf(id))),
  );
  const movedHere = new Set(change.renamed.map(({ to }) => keyOf(to)));
  const ownSchemas = new Set([...schemas, ...tables.map(({ schema }) => schema)]);
  const isWhole = ({ id, address = "" }: DescribedObject): boolean => {
    const root = rootOf(id);
    return (
      own.has(keyOf(id)) ||
      removed.has(keyOf(id)) ||
      own.has(keyOf(root)) ||
      (root.schema !== undefined && schemas.includes(root.schema) && !movedHere.has(keyOf(root))) ||
      mentions.has(address) ||
      (withHosts && hostsOf.has(keyOf(root))) ||
      (id.kind === "published schema" && ownSchemas.has(id.name)) ||
      (id.kind === "published table" &&
        own.has(keyOf({ kind: "table", schema: String(id.schema), name: id.name })))
    );
  };
  return [...catalog.values()]
    .filter((one) => !isFormerCheck(one))
    .map((one) => ({ ...one, properties: withOwner(one.properties, superuser) }))
    .flatMap((object): ObjectEntry[] => {
      if (isWhole(object)) {
        return [{ object, entry: entryOf(object, owner) }];
      }
      const part = changed.get(keyOf(object.id));
      if (part !== undefined) {
        return [{ object, entry: partOfEntry(onlyChanged(object, part), owner), isPart: true }];
      }
      return renamed.has(keyOf(object.id)) ? [{ object, entry: {}, isPart: true }] : [];
    });
}

/** The owner by its name on this server: a description has `<superuser>` for the bootstrap superuser. */
function withOwner(
  properties: CatalogObject["properties"],
  superuser: string,
): CatalogObject["properties"] {
  return properties["owner"] === "<superuser>" ? { ...properties, owner: superuser } : properties;
}

/** The properties that the directives changed; of a list only the entries that they added or removed. */
function onlyChanged(
  { properties }: CatalogObject,
  { properties: changed }: CatalogChange["changed"][number],
): CatalogObject["properties"] {
  return Object.fromEntries(
    Object.entries(changed).map(([name, { from, to }]) => {
      const value = properties[name] ?? null;
      const listed = [...entriesOf(from), ...entriesOf(to)];
      return [
        name,
        listed.length === 0 ? value : entriesOf(value).filter((one) => listed.includes(one)),
      ];
    }),
  );
}

/** Entries by key. Columns and labels get their position among the siblings in the snapshot. */
function snapshotOf(objects: readonly ObjectEntry[]): SnapshotOfObjects {
  const places = new Map<string, number>();
  const entries = objects.map(({ object: { id }, entry, isPart }): [string, Entry] => {
    const siblings = siblingsOf(id);
    if (isPart === true || siblings === undefined) {
      return [snapshotKey(id), entry];
    }
    const position = (places.get(siblings) ?? 0) + 1;
    places.set(siblings, position);
    return [snapshotKey(id), { ...entry, position }];
  });
  return {
    snapshot: Object.fromEntries(entries),
    ids: new Map(objects.map(({ object: { id } }) => [snapshotKey(id), id])),
  };
}

/** Whether the snapshot has that object. Its key alone does not tell: a view's column and a table's may have the same. */
export function isInSnapshot({ ids }: Pick<SnapshotOfObjects, "ids">, id: ObjectId): boolean {
  const found = ids.get(snapshotKey(id));
  return found !== undefined && isSameObject(found, id);
}

/** Whether the object is the constraint that an earlier version made: a database that still has it is not in drift. */
export function isFormerCheck({ id, properties }: CatalogObject): boolean {
  return (
    snapshotKey(id) === FORMER_CHECK.key && properties["definition"] === FORMER_CHECK.definition
  );
}

/** The sha256 of a snapshot's canonical JSON. */
export function fingerprintOf(snapshot: Snapshot): string {
  return digestOf(snapshot);
}
