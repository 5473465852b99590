import { kindOf, dropRank } from "../catalog/kinds";
import {
  dropStatement,
  renameStatement,
  revokeStatement,
  setBackStatement,
} from "../catalog/kinds/kind";
import { isOn, isSameObject, titleOf } from "../catalog/kinds/objectId";
import { isList } from "../catalog/propertyValue";
import type { CatalogChange, CatalogObject, ObjectId, PropertyValue } from "../model";

/** The statements that take a step back, or the reasons why none can be proposed. */
export interface Proposal {
  /** In the order in which they run. */
  readonly statements: readonly string[];
  /** A line for each change that no statement takes back for sure; then the statements are incomplete. */
  readonly hinders: readonly string[];
}

/** One change of a step, with the statement that undoes it, or the reason why none does. */
interface Undo {
  readonly id: ObjectId;
  /** The index of the statement that made the change. */
  readonly at: number;
  readonly sql: string | null;
  readonly hinder: string;
}

/**
 * Proposes an inverse for changes that only add: an added object is dropped, an added value is removed, a rename is undone. For
 * dropped objects and changed values a person has to write the inverse, since production may have had other values.
 *
 * @param net the change of the whole step
 * @param changes the changes of its statements, in their order: the last is undone first
 */
export function proposeInverse(net: CatalogChange, changes: readonly CatalogChange[]): Proposal {
  const addedAt = (id: ObjectId): number =>
    changes.findLastIndex(({ added, renamed }) =>
      [...added.map((one) => one.id), ...renamed.map(({ to }) => to)].some((one) =>
        isSameObject(one, id),
      ),
    );
  const changedAt = (id: ObjectId): number =>
    changes.findLastIndex(({ changed }) => changed.some((one) => isSameObject(one.id, id)));
  const added = net.added.map((object) => ({ ...object, at: addedAt(object.id) }));
  const undone = [
    ...added.filter((object) => !isDroppedWithOther(object, added)).map(dropOf),
    // Definitions that contain a renamed object's name change with it in both directions.
    ...net.changed
      .flatMap((one) => setBackOf(one, changedAt(one.id)))
      .filter(({ sql }) => sql !== null || net.renamed.length === 0),
  ].sort((one, other) => other.at - one.at || dropRank(one.id.kind) - dropRank(other.id.kind));
  // So do names of objects that cannot be renamed themselves: a published table has its table's name.
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

/** Whether the object is dropped with another one that the same statement added. */
function isDroppedWithOther({ id, at, properties }: Added, added: readonly Added[]): boolean {
  return (
    added.some((one) => one.at === at && isOn(id, one.id)) ||
    (kindOf(id.kind).ownedBy ?? []).some((name) => properties[name] !== undefined)
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
    // Other lists (a table's children) change with the objects that they name.
    const found = name === "options" ? { options: to } : {};
    const sql = isEmpty(from)
      ? setBackStatement(kind, id, name, null, { expected: {}, found })
      : null;
    return [{ id, at, sql, hinder }];
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
