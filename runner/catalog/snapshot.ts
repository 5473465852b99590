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
import { keyOf } from "./kinds/objectId";
import { changeOf, lockedMajor } from "./lockedChange";
import { unknownOptions } from "./notCompared";
import { siblingsOf } from "./order";
import { entriesOf } from "./propertyValue";
import { formerId } from "./rename";
import { rootOf, snapshotKey } from "./snapshotKey";

/** A snapshot, and which object each of its keys names. */
export interface SnapshotOfObjects {
  readonly snapshot: Snapshot;
  readonly ids: ReadonlyMap<string, ObjectId>;
}

/** What was found, and what the server knows of it and this version does not: `option x of public.t`. */
export interface FoundObjects extends SnapshotOfObjects {
  readonly notCompared: readonly string[];
}

/** As {@link expectedObjects}, without saying which objects they are. */
export async function expectedSnapshot(
  client: ClientBase,
  steps: readonly Step[],
): Promise<Snapshot> {
  return (await expectedObjects(client, steps)).snapshot;
}

/**
 * What must be in the catalog once these steps have been applied, and no other: the sum of what each did where it was
 * locked.
 *
 * @param client of the server that is asked: a view's text may differ by its major
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

/** What must be there once a change has been taken back: what it changed, renamed and removed, as it was; nothing it added. */
export function formerObjects({ changed, renamed, removed }: CatalogChange): SnapshotOfObjects {
  return snapshotOf([
    ...renamed.map(({ from }) => partOf(from)),
    ...changed.map(({ id, properties }) => partOf(formerId(id, renamed), properties, "from")),
    ...removed.map((object) => ({ object, entry: entryOf(object, LOCKED_BY) })),
  ]);
}

/** An object of others, of which only what was changed is told. */
function partOf(
  id: ObjectId,
  changed: CatalogChange["changed"][number]["properties"] = {},
  side: "from" | "to" = "to",
): Told {
  const properties = Object.fromEntries(
    Object.entries(changed).map(([name, values]) => [name, values[side]]),
  );
  return { object: { id, properties }, entry: partOfEntry(properties, LOCKED_BY), isPart: true };
}

/** As {@link takeObjects}, without saying which objects they are. */
export async function takeSnapshot(...asked: Parameters<typeof takeObjects>): Promise<Snapshot> {
  return (await takeObjects(...asked)).snapshot;
}

/**
 * Takes the snapshot of the directives' objects: what they made, whatever is on it or in a schema of theirs, and on tables
 * of others what they added and what mentions it; of what they changed of others, what they changed. What is not there has
 * no entry.
 *
 * Reads the catalog only. Needs no privilege on the objects themselves.
 *
 * @param owner the login that is expected to own everything: the one that applied, or would apply, the directive
 * @param hosts whether the tables of others to which something was added are told whole
 */
export async function takeObjects(
  client: ClientBase,
  objects: DefinedObjects,
  owner: string,
  hosts: "whole" | "mentions" = "mentions",
): Promise<FoundObjects> {
  const { change } = objects;
  const concerned = await findConcerned(client, objects);
  const catalog =
    concerned.oids.length === 0 && !isAboutRare(change)
      ? new Map<string, DescribedObject>()
      : await describeAmong(client, concerned.oids, isAboutRare(change));
  const told = liveEntries(catalog, objects, concerned, owner, hosts);
  const options = told.flatMap(({ object, isPart }) =>
    isPart === true ? [] : unknownOptions(object),
  );
  return { ...snapshotOf(told), notCompared: [...concerned.unknown, ...options].sort() };
}

/** Whether the steps did something to what lies in no schema, and is read only then. */
export function isAboutRare({ added, changed, renamed, removed }: CatalogChange): boolean {
  return [...added, ...changed, ...removed, ...renamed.map(({ to }) => ({ id: to }))].some(
    ({ id }) => kindOf(id.kind).read.narrow === undefined,
  );
}

interface Told {
  readonly object: CatalogObject;
  readonly entry: Entry;
  /** Only what was changed of it: it has no position. */
  readonly isPart?: true;
}

function liveEntries(
  catalog: DescribedCatalog,
  { change, schemas, tables }: DefinedObjects,
  { mentions, superuser }: Concerned,
  owner: string,
  hosts: "whole" | "mentions",
): readonly Told[] {
  const own = new Set(change.added.map(({ id }) => keyOf(id)));
  const changed = new Map(
    change.changed.flatMap((one) => [
      [keyOf(one.id), one] as const,
      [keyOf(formerId(one.id, change.renamed)), one] as const,
    ]),
  );
  const renamed = new Set(change.renamed.flatMap(({ from, to }) => [keyOf(from), keyOf(to)]));
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
      (hosts === "whole" && hostsOf.has(keyOf(root))) ||
      (id.kind === "published schema" && ownSchemas.has(id.name)) ||
      (id.kind === "published table" &&
        own.has(keyOf({ kind: "table", schema: String(id.schema), name: id.name })))
    );
  };
  return [...catalog.values()]
    .filter((one) => !isFormerCheck(one))
    .map((one) => ({ ...one, properties: withOwner(one.properties, superuser) }))
    .flatMap((object): Told[] => {
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

/** An owner by the name that it has on this server: a description says `<superuser>` of the one that made it. */
function withOwner(
  properties: CatalogObject["properties"],
  superuser: string,
): CatalogObject["properties"] {
  return properties["owner"] === "<superuser>" ? { ...properties, owner: superuser } : properties;
}

/** Of an object of others, the properties that the directives changed; of a list, the entries. */
function onlyChanged(
  { properties }: CatalogObject,
  { properties: changed }: CatalogChange["changed"][number],
): CatalogObject["properties"] {
  return Object.fromEntries(
    Object.entries(changed).map(([name, { from, to }]) => {
      const value = properties[name] ?? null;
      const told = [...entriesOf(from), ...entriesOf(to)];
      return [
        name,
        told.length === 0 ? value : entriesOf(value).filter((one) => told.includes(one)),
      ];
    }),
  );
}

/** By key, in one form: what has an order among others on the same object has its position among those that are told. */
function snapshotOf(told: readonly Told[]): SnapshotOfObjects {
  const places = new Map<string, number>();
  const entries = told.map(({ object: { id }, entry, isPart }): [string, Entry] => {
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
    ids: new Map(told.map(({ object: { id } }) => [snapshotKey(id), id])),
  };
}

/** Whether it was told: a view's column and a table's of the same name have one key, and are two. */
export function isTold({ ids }: Pick<SnapshotOfObjects, "ids">, id: ObjectId): boolean {
  const found = ids.get(snapshotKey(id));
  return found !== undefined && keyOf(found) === keyOf(id);
}

/** Whether it is the constraint that an earlier version made: a database that still has it is as it should be. */
export function isFormerCheck({ id, properties }: CatalogObject): boolean {
  return (
    snapshotKey(id) === FORMER_CHECK.key && properties["definition"] === FORMER_CHECK.definition
  );
}

/** The fingerprint of a snapshot: the sha256 of its canonical JSON. */
export function fingerprintOf(snapshot: Snapshot): string {
  return digestOf(snapshot);
}
