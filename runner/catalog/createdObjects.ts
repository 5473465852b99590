import type { CatalogObject, LockedStatement, ObjectId, QualifiedName, Step } from "../model";
import { keyOf, snapshotKey } from "./kinds/objectId";

/** One object that a statement of the directives makes. */
export interface CreatedObject {
  readonly id: ObjectId;
  /** Its key in a snapshot: `index public.idx_test_results_status`. */
  readonly key: string;
  /** The table that it is part of, if any. */
  readonly table?: QualifiedName;
  /** The statement's own bytes. */
  readonly sql: string;
  readonly step: Step;
}

/**
 * The objects that these steps' statements make, in their order, each with its statement; without those that are made
 * implicitly with another one. An object that a later statement replaces (CREATE OR REPLACE) is listed again.
 */
export function createdObjects(steps: readonly Step[]): readonly CreatedObject[] {
  return steps.flatMap((step) =>
    step.statements.flatMap(({ locked, bytes }) =>
      (locked === undefined ? [] : madeBy(locked)).map((id) => ({
        id,
        key: snapshotKey(id),
        ...(id.of?.schema === undefined
          ? {}
          : { table: { schema: id.of.schema, name: id.of.name } }),
        sql: bytes.toString("utf8"),
        step,
      })),
    ),
  );
}

/** Whether the statement made the object implicitly: a new table's column, a constraint's index, a column's own sequence. */
export function isImplicit(
  { added, tag }: LockedStatement,
  { id: { of }, properties }: CatalogObject,
): boolean {
  return (
    (of !== undefined && added.some(({ id }) => keyOf(id) === keyOf(of))) ||
    properties["constraint"] !== undefined ||
    (properties["ownedBy"] !== undefined && tag !== "CREATE SEQUENCE")
  );
}

function madeBy(locked: LockedStatement): readonly ObjectId[] {
  const { added, changed, tag } = locked;
  const rewritten = tag.startsWith("CREATE ")
    ? changed.filter(({ properties }) => properties["definition"] !== undefined)
    : [];
  const ids = [...added.filter((one) => !isImplicit(locked, one)), ...rewritten].map(
    ({ id }) => id,
  );
  // Once each, though the lock may have another description of it on each baseline.
  return [...new Map(ids.map((id) => [keyOf(id), id])).values()];
}
