import { escapeIdentifier, escapeLiteral } from "pg";
import { columnsByRelation, type Difference } from "../catalog/compare";
import { isEqualRenamed } from "../sql/identifiers";
import { isView, usedByView } from "./column";
import {
  changedNames,
  entryOf,
  manual,
  PHASES,
  quoteQualified,
  splitMember,
  type Entry,
  type Repair,
  type RepairContext,
} from "./context";
import { columnGrants, needsRebuild, rebuildTable, recreateView } from "./table";

/** A column that is missing: given back its old name where it was renamed, else added again, in its place where that matters. */
export function missingColumn(context: RepairContext, object: string): Repair {
  const [relation, column] = splitMember(object.replace("column ", ""));
  const renamed = renamedTo(context, relation, column);
  if (renamed !== undefined) {
    return {
      how: "plan",
      sql: [
        `ALTER TABLE ${quoteQualified(relation)} RENAME COLUMN ${escapeIdentifier(renamed)} TO ${escapeIdentifier(column)}`,
      ],
      note: `it is there as "${renamed}", with its values`,
      phase: PHASES.rename,
    };
  }
  if (isView(context, relation)) {
    return recreateView(context, relation);
  }
  if (needsRebuild(context, relation)) {
    return rebuildTable(context, relation);
  }
  const moved = moveColumns(context, relation);
  return (
    moved ?? {
      how: "additive",
      sql: [
        addColumn(relation, column, entryOf(context.expected, object)),
        ...columnComment(relation, column, entryOf(context.expected, object)),
        ...columnGrants(context, relation, [column]),
      ],
      note: "its values are gone: restore them from a backup where they are needed",
      phase: PHASES.column,
    }
  );
}

/** The unexpected column that stands where this one is missing, with its type. */
function renamedTo(
  { expected, live, renamed }: RepairContext,
  relation: string,
  column: string,
): string | undefined {
  const wanted = columnsByRelation(expected).get(relation) ?? [];
  const found = columnsByRelation(live).get(relation) ?? [];
  const candidate = found[wanted.indexOf(column)];
  const isSame =
    candidate !== undefined &&
    !wanted.includes(candidate) &&
    wanted.length === found.length &&
    entryOf(expected, `column ${relation}.${column}`)["type"] ===
      entryOf(live, `column ${relation}.${candidate}`)["type"];
  return isSame && !renamed.has(relation) ? candidate : undefined;
}

/** The renaming back that puts this difference right as well: what uses a renamed column is written with its new name. */
export function renamedAlong(
  context: RepairContext,
  { object, kind }: Difference,
): Repair | undefined {
  const renames = context.differences.flatMap((one) => {
    const [relation, column] = splitMember(one.object.replace("column ", ""));
    const now =
      one.kind === "missing" && /^column (?!order )/.test(one.object)
        ? renamedTo(context, relation, column)
        : undefined;
    return now === undefined ? [] : [{ relation, column, now, key: one.object }];
  });
  const rename = renames.find(({ relation, column, now }) => {
    if (object === `privileges column ${relation}.${now}`) {
      return true;
    }
    const expected = entryOf(context.expected, object);
    const actual = entryOf(context.live, object);
    return (
      kind === "changed" &&
      changedNames(expected, actual).join() === "definition" &&
      isEqualRenamed(String(actual["definition"]), String(expected["definition"]), (name) =>
        name === now ? column : name,
      )
    );
  });
  return rename && missingColumn(context, rename.key);
}

function addColumn(relation: string, column: string, entry: Entry): string {
  const { type, default: value, notNull } = entry;
  return [
    `ALTER TABLE ${quoteQualified(relation)} ADD COLUMN ${escapeIdentifier(column)} ${String(type)}`,
    ...(typeof value === "string" ? [`DEFAULT ${value}`] : []),
    ...(notNull === true ? ["NOT NULL"] : []),
  ].join(" ");
}

function columnComment(relation: string, column: string, { comment }: Entry): string[] {
  const name = `${quoteQualified(relation)}.${escapeIdentifier(column)}`;
  return typeof comment === "string"
    ? [`COMMENT ON COLUMN ${name} IS ${escapeLiteral(comment)}`]
    : [];
}

/**
 * On a table of others, our columns put in their order: each that stands behind a missing or misplaced one is made anew at
 * the end and its values copied. Undefined where adding the missing ones is enough.
 */
function moveColumns(context: RepairContext, relation: string): Repair | undefined {
  const { expected, live } = context;
  const wanted = columnsByRelation(expected).get(relation) ?? [];
  const found = (columnsByRelation(live).get(relation) ?? []).filter((one) => wanted.includes(one));
  let kept = 0;
  while (
    kept < wanted.length &&
    found.indexOf(wanted[kept] ?? "") >= 0 &&
    isBehind(found, wanted, kept)
  ) {
    kept += 1;
  }
  const again = wanted.slice(kept);
  const moved = again.filter((column) => found.includes(column));
  if (moved.length === 0 || `table ${relation}` in expected) {
    return undefined;
  }
  const table = quoteQualified(relation);
  const old = (column: string): string => escapeIdentifier(`${column}__old`.slice(-63));
  const entry = (column: string): Entry => entryOf(expected, `column ${relation}.${column}`);
  const isUsed = moved.some((column) => usedByView(context, column));
  if (isUsed) {
    return manual([], "a column that the view uses is in another place: decide by hand");
  }
  return {
    how: "plan",
    sql: [
      ...moved.map(
        (column) =>
          `ALTER TABLE ${table} RENAME COLUMN ${escapeIdentifier(column)} TO ${old(column)}`,
      ),
      ...again.map((column) => addColumn(relation, column, entry(column))),
      `UPDATE ${table} SET ${moved.map((column) => `${escapeIdentifier(column)} = ${old(column)}`).join(", ")}`,
      ...moved.map((column) => `ALTER TABLE ${table} DROP COLUMN ${old(column)}`),
      ...again.flatMap((column) => columnComment(relation, column, entry(column))),
      ...columnGrants(context, relation, again),
    ],
    note: "writes every row of the table once, so that the columns are in their order again",
    phase: PHASES.column,
  };
}

function isBehind(found: readonly string[], wanted: readonly string[], index: number): boolean {
  return index === 0 || found.indexOf(wanted[index] ?? "") > found.indexOf(wanted[index - 1] ?? "");
}

/** A column that the directives do not have: it may hold somebody's data, so it is only ever taken away by hand. */
export function unexpectedColumn(context: RepairContext, object: string): Repair {
  const [relation, column] = splitMember(object.replace("column ", ""));
  const wanted = columnsByRelation(context.expected).get(relation) ?? [];
  const from = wanted.find((one) => renamedTo(context, relation, one) === column);
  if (from !== undefined) {
    return missingColumn(context, `column ${relation}.${from}`);
  }
  if (isView(context, relation)) {
    return recreateView(context, relation);
  }
  const name = escapeIdentifier(column);
  return manual(
    [`ALTER TABLE ${quoteQualified(relation)} DROP COLUMN ${name}`],
    `it may hold data. Archive first: CREATE SCHEMA IF NOT EXISTS v7_archive; CREATE TABLE v7_archive.${escapeIdentifier(`${relation.split(".")[1] ?? ""}_${column}`)} AS SELECT * FROM ${quoteQualified(relation)}`,
  );
}

/** Columns that stand in another order than the directive says. */
export function changedOrder(context: RepairContext, object: string): Repair {
  const relation = object.replace("column order ", "");
  if (isView(context, relation)) {
    return recreateView(context, relation);
  }
  return needsRebuild(context, relation)
    ? rebuildTable(context, relation)
    : (moveColumns(context, relation) ??
        manual(
          [],
          "take the unexpected columns away first; then a repair plan puts the others in order",
        ));
}
