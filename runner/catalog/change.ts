import type { CatalogChange, CatalogObject, ObjectId, PropertyValue } from "../model";
import type { DescribedCatalog, DescribedObject } from "./describe";
import { isOn, isSameObject, keyOf, renameId } from "./kinds/objectId";
import { predecessors } from "./order";
import { entriesOf, isList } from "./propertyValue";

type Changed = CatalogChange["changed"][number];
type Difference = Changed["properties"][string];
type Renamed = CatalogChange["renamed"][number];

/** One object before and after. */
interface Pair {
  readonly before: DescribedObject;
  readonly after: DescribedObject;
}

/**
 * The change from one catalog to another. Objects are matched by name; an object with a new name is matched by its address,
 * which makes it a rename, also where another object has taken the old name. Parts of a renamed object follow it and are not
 * listed.
 */
export function changeBetween(before: DescribedCatalog, after: DescribedCatalog): CatalogChange {
  const pairs: Pair[] = [];
  const gone = new Map<string, DescribedObject>();
  const removed = new Set<DescribedObject>();
  const moved = new Set(
    [...after].flatMap(([key, { address }]) => (before.has(key) ? [] : (address ?? []))),
  );
  for (const [key, object] of before) {
    const other = after.get(key);
    const isReplaced = other?.address !== object.address && moved.has(object.address ?? "");
    if (other !== undefined && !isReplaced) {
      pairs.push({ before: object, after: other });
      continue;
    }
    removed.add(object);
    if (object.address !== undefined) {
      gone.set(object.address, object);
    }
  }
  const renamed: Renamed[] = [];
  const added: DescribedObject[] = [];
  const kept = new Set(pairs.map((pair) => pair.after));
  for (const object of after.values()) {
    if (kept.has(object)) {
      continue;
    }
    const former = gone.get(object.address ?? "");
    if (former === undefined || former.id.kind !== object.id.kind) {
      added.push(object);
      continue;
    }
    removed.delete(former);
    pairs.push({ before: former, after: object });
    renamed.push({ from: former.id, to: object.id });
  }
  return {
    added: added.map(withoutAddress),
    changed: changesOf(pairs, movesOf(pairs, before, after)),
    renamed: inTurn(rootsOf(renamed)),
    removed: [...removed].map(withoutAddress),
  };
}

/** The added objects without those whose names others had before, which the change renames. */
export function newlyNamed({ added, renamed }: CatalogChange): readonly ObjectId[] {
  return added
    .map(({ id }) => id)
    .filter((id) => !renamed.some(({ from }) => isSameObject(id, from) || isOn(id, from)));
}

export function isEmptyChange({ added, changed, renamed, removed }: CatalogChange): boolean {
  return [added, changed, renamed, removed].every(({ length }) => length === 0);
}

/** The renames that do not follow from others: a table's without its columns', a schema's without its tables'. */
function rootsOf(renamed: readonly Renamed[]): readonly Renamed[] {
  return renamed.filter(
    ({ from, to }) =>
      !renamed.some((other) => other.from !== from && keyOf(renameId(from, other)) === keyOf(to)),
  );
}

/** The renames in an order in which each finds its new name free. */
function inTurn(renamed: readonly Renamed[]): readonly Renamed[] {
  const taken = new Set(renamed.map(({ from }) => keyOf(from)));
  const free = renamed.filter(({ to }) => !taken.has(keyOf(to)));
  const later = renamed.filter(({ to }) => taken.has(keyOf(to)));
  return free.length === 0 || later.length === 0 ? renamed : [...free, ...inTurn(later)];
}

function changesOf(
  pairs: readonly Pair[],
  moves: ReadonlyMap<string, Difference>,
): readonly Changed[] {
  return pairs.flatMap(({ before, after }) => {
    const names = new Set([...Object.keys(before.properties), ...Object.keys(after.properties)]);
    const properties: Record<string, Difference> = {};
    for (const name of [...names, "after"].sort()) {
      const difference =
        name === "after"
          ? moves.get(keyOf(after.id))
          : differenceOf(before.properties[name] ?? null, after.properties[name] ?? null);
      if (difference !== undefined) {
        properties[name] = difference;
      }
    }
    return Object.keys(properties).length === 0 ? [] : [{ id: after.id, properties }];
  });
}

function differenceOf(from: PropertyValue, to: PropertyValue): Difference | undefined {
  if (!isList(from) && !isList(to)) {
    return from === to ? undefined : { from, to };
  }
  const old = entriesOf(from);
  const now = entriesOf(to);
  const went = old.filter((entry) => !now.includes(entry));
  const came = now.filter((entry) => !old.includes(entry));
  return went.length + came.length === 0 ? undefined : { from: went, to: came };
}

/**
 * Columns and labels that come after another sibling than before. Only siblings that exist on both sides count: those that
 * were added or removed are changes of their own.
 */
function movesOf(
  pairs: readonly Pair[],
  before: DescribedCatalog,
  after: DescribedCatalog,
): ReadonlyMap<string, Difference> {
  const keys = new Map(pairs.map((pair) => [keyOf(pair.before.id), pair.after.id]));
  const old = predecessors(before, new Set(keys.keys()));
  const now = predecessors(after, new Set(pairs.map((pair) => keyOf(pair.after.id))));
  const moves = new Map<string, Difference>();
  for (const [key, from] of old) {
    const id = keys.get(key);
    const to = now.get(id === undefined ? "" : keyOf(id)) ?? null;
    const former = before.get(key);
    // The preceding sibling, by its present name.
    const renamed =
      from === null || former === undefined
        ? null
        : (keys.get(keyOf({ ...former.id, name: from }))?.name ?? null);
    if (id !== undefined && renamed !== to) {
      moves.set(keyOf(id), { from: renamed, to });
    }
  }
  return moves;
}

function withoutAddress({ id, properties }: DescribedObject): CatalogObject {
  return { id, properties };
}
