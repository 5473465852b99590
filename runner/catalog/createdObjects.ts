import type { CatalogObject, LockedStatement, ObjectId, QualifiedName, Step } from "../model";
import { keyOf } from "./kinds/objectId";
import { snapshotKey } from "./snapshotKey";

/** One object that a statement of the directives brings into being, under the snapshot's key for it. */
export interface CreatedObject {
  readonly id: ObjectId;
  /** `index public.idx_test_results_status` */
  readonly key: string;
  /** The table that it is on, where it is on one. */
  readonly table?: QualifiedName;
  /** The statement's own bytes. */
  readonly sql: string;
  readonly step: Step;
}

/**
 * Everything that these steps' statements make, in their order, each with the statement that does: without what comes with
 * another that the same statement makes. One that a later statement writes anew (CREATE OR REPLACE) is there again.
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

/** Whether the statement made it with another: what it is on, a constraint for its index, a column for its own sequence. */
export function comesAlong(
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
  const ids = [...added.filter((one) => !comesAlong(locked, one)), ...rewritten].map(
    ({ id }) => id,
  );
  // Once, though it is another one on each baseline.
  return [...new Map(ids.map((id) => [keyOf(id), id])).values()];
}
