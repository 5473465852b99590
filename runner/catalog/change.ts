import type { CatalogChange, CatalogObject, ObjectId, PropertyValue } from "../model";
import type { DescribedCatalog, DescribedObject } from "./describe";
import { isOn, isSameObject, keyOf, laterId, renameId } from "./kinds/objectId";
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
 * The change from one catalog to another. Objects are matched by address, which makes an object with a new name a rename;
 * where an object has another address, by name: it was dropped and made again. Parts of a renamed object follow it and are
 * not listed.
 */
export function changeBetween(before: DescribedCatalog, after: DescribedCatalog): CatalogChange {
  const moved = movedBetween(before, after);
  const pairs: Pair[] = [];
  const removed: DescribedObject[] = [];
  for (const [key, object] of before) {
    const other = after.get(key);
    if (moved.former.has(object)) {
      continue;
    }
    if (other === undefined || moved.later.has(other)) {
      removed.push(object);
    } else {
      pairs.push({ before: object, after: other });
    }
  }
  const renamed: Renamed[] = [];
  const added: DescribedObject[] = [];
  const kept = new Set(pairs.map((pair) => pair.after));
  for (const object of after.values()) {
    const former = moved.later.get(object);
    if (former !== undefined) {
      pairs.push({ before: former, after: object });
      renamed.push({ from: former.id, to: object.id });
    } else if (!kept.has(object)) {
      added.push(object);
    }
  }
  return {
    added: added.map(withoutAddress),
    changed: changesOf(pairs, movesOf(pairs, before, after)),
    renamed: inSequence(rootsOf(renamed)),
    removed: removed.map(withoutAddress),
  };
}

/** The objects with the same address and another name, both ways. Without those that exchanged their names with each other. */
function movedBetween(
  before: DescribedCatalog,
  after: DescribedCatalog,
): {
  readonly former: ReadonlySet<DescribedObject>;
  readonly later: ReadonlyMap<DescribedObject, DescribedObject>;
} {
  const found = new Map(
    [...before].flatMap(([key, object]) =>
      object.address === undefined || after.get(key)?.address === object.address
        ? []
        : [[object.address, object] as const],
    ),
  );
  const later = new Map<DescribedObject, DescribedObject>();
  const names = new Map<string, string>();
  for (const [key, object] of after) {
    const former = found.get(object.address ?? "");
    if (former?.id.kind === object.id.kind && keyOf(former.id) !== key) {
      later.set(object, former);
      names.set(keyOf(former.id), key);
    }
  }
  const isExchanged = (object: DescribedObject): boolean => {
    let name = names.get(keyOf(object.id));
    for (let step = 0; step < names.size && name !== undefined; step++) {
      name = names.get(name);
    }
    return name !== undefined;
  };
  for (const object of [...later.keys()].filter(isExchanged)) {
    later.delete(object);
  }
  return { former: new Set(later.values()), later };
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

/** The renames one after the other: of schemas, of what is in them, of its parts. A column's finds its table renamed. */
function inSequence(renamed: readonly Renamed[]): readonly Renamed[] {
  const ranks = [...new Set(renamed.map(({ to }) => rankOf(to)))].sort((a, b) => a - b);
  return ranks.reduce<readonly Renamed[]>((done, rank) => {
    const own = renamed
      .filter(({ to }) => rankOf(to) === rank)
      .map(({ from, to }) => ({ from: laterId(from, done), to }));
    return [...done, ...inTurn(own)];
  }, []);
}

function rankOf({ kind, of }: ObjectId): number {
  return kind === "schema" ? 0 : of === undefined ? 1 : 1 + rankOf(of);
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

/** How a property differs: of a list the entries that went and came. Undefined where it does not. */
export function differenceOf(from: PropertyValue, to: PropertyValue): Difference | undefined {
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
