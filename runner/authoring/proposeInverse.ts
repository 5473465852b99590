import { kindOf, dropRank } from "../catalog/kinds";
import {
  dropStatement,
  renameStatement,
  revokeStatement,
  setBackStatement,
} from "../catalog/kinds/kind";
import { isOn, keyOf, titleOf } from "../catalog/kinds/objectId";
import { isList } from "../catalog/propertyValue";
import type { CatalogChange, CatalogObject, ObjectId, PropertyValue } from "../model";

/** What takes a step back, or what of the step nothing takes back for sure. */
export interface Proposal {
  /** In the order in which they run. */
  readonly statements: readonly string[];
  /** A line each; where there is one, the statements are not all that is needed. */
  readonly hinders: readonly string[];
}

/** One thing that a step did, with what undoes it, or why nothing does. */
interface Undo {
  readonly id: ObjectId;
  /** The statement that did it. */
  readonly at: number;
  readonly sql: string | null;
  readonly hinder: string;
}

/**
 * Proposes the inverse of what only adds: an object is dropped, a value where none was is taken away, a name is given back.
 * What was taken away or had another value is a person's to bring back: production's need not be what it was here.
 *
 * @param net what the step did as a whole
 * @param changes what each of its statements did, in their order: the last is undone first
 */
export function proposeInverse(net: CatalogChange, changes: readonly CatalogChange[]): Proposal {
  const addedAt = (id: ObjectId): number =>
    changes.findLastIndex(({ added, renamed }) =>
      [...added.map((one) => one.id), ...renamed.map(({ to }) => to)].some(isSame(id)),
    );
  const changedAt = (id: ObjectId): number =>
    changes.findLastIndex(({ changed }) => changed.map((one) => one.id).some(isSame(id)));
  const added = net.added.map((object) => ({ ...object, at: addedAt(object.id) }));
  const undone = [
    ...added.filter((object) => !goesAlong(object, added)).map(dropOf),
    // The texts of what names a renamed object follow its name, there and back.
    ...net.changed
      .flatMap((one) => setBackOf(one, changedAt(one.id)))
      .filter(({ sql }) => sql !== null || net.renamed.length === 0),
  ].sort((one, other) => other.at - one.at || dropRank(one.id.kind) - dropRank(other.id.kind));
  // So does a name that no statement gives: a published table's is its table's.
  const isRenamed = net.renamed.some((one) => renameOf(one).sql !== null);
  const renames = net.renamed.map(renameOf).filter(({ sql }) => sql !== null || !isRenamed);
  const all = [
    ...undone,
    ...renames.reverse(),
    ...net.removed
      .filter(({ id }) => !net.removed.some((one) => isOn(id, one.id)))
      .map(({ id }) => ({ sql: null, hinder: `it takes ${titleOf(id)} away` })),
  ];
  return {
    statements: all.flatMap(({ sql }) => sql ?? []),
    hinders: all.filter(({ sql }) => sql === null).map(({ hinder }) => hinder),
  };
}

interface Added extends CatalogObject {
  readonly at: number;
}

const isSame =
  (id: ObjectId) =>
  (other: ObjectId): boolean =>
    keyOf(id) === keyOf(other);

/** Whether dropping what the same statement added takes it along. */
function goesAlong({ id, at, properties }: Added, added: readonly Added[]): boolean {
  return (
    added.some((one) => one.at === at && isOn(id, one.id)) ||
    (kindOf(id.kind).goesBy ?? []).some((name) => properties[name] !== undefined)
  );
}

function dropOf({ id, at }: Added): Undo {
  return {
    id,
    at,
    sql: dropStatement(kindOf(id.kind), id),
    hinder: `it adds ${titleOf(id)}, which nothing takes away again`,
  };
}

function setBackOf(
  { id, properties }: CatalogChange["changed"][number],
  at: number,
): readonly Undo[] {
  const kind = kindOf(id.kind);
  return Object.entries(properties).flatMap(([name, { from, to }]): readonly Undo[] => {
    const hinder = `it changes ${name} of ${titleOf(id)}`;
    if (name === "privileges" && isList(to) && isEmpty(from)) {
      return to.map((entry) => ({ id, at, sql: revokeStatement(kind, id, entry), hinder }));
    }
    return [{ id, at, sql: isEmpty(from) ? setBackStatement(kind, id, name, null) : null, hinder }];
  });
}

function isEmpty(value: PropertyValue): boolean {
  return value === null || value === false || (isList(value) && value.length === 0);
}

function renameOf({ from, to }: CatalogChange["renamed"][number]): Pick<Undo, "sql" | "hinder"> {
  return {
    sql: renameStatement(kindOf(to.kind), to, from),
    hinder: `it gives ${titleOf(from)} the name ${titleOf(to)}`,
  };
}
