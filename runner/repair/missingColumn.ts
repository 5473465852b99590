import { escapeIdentifier } from "pg";
import { columnsByRelation, parentOf } from "../catalog/compare";
import { grantsOn, grantStatements } from "../directive/grantStatements";
import type { AccessGrant } from "../model";
import { usesName } from "../sql/identifiers";
import { commentText, isView } from "./column";
import {
  columnDefinition,
  entryOf,
  manual,
  PHASES,
  quoteQualified,
  splitMember,
  type Repair,
  type RepairContext,
} from "./context";
import { recreateView } from "./table";

/** A column that is missing: added again, with the others of its table, where they then are in the directive's order. */
export function missingColumn(context: RepairContext, object: string): Repair {
  const [relation, column] = splitMember(object.replace("column ", ""));
  if (isView(context, relation)) {
    return recreateView(context, relation);
  }
  const why = whyNotAdded(context, relation);
  if (why !== undefined) {
    const definition = columnDefinition(column, entryOf(context.expected, object));
    return manual([], `${why}. Expected: ${definition}; ${expectedOrder(context, relation)}`);
  }
  return {
    how: "additive",
    sql: addColumns(context, relation),
    note: "its values are gone: restore them from a backup where they are needed",
    phase: PHASES.column,
  };
}

/** Why a table's missing columns are not simply added at its end; undefined where that makes it what is expected. */
function whyNotAdded(context: RepairContext, relation: string): string | undefined {
  const { wanted, missing, kept, extra } = columnsOf(context, relation);
  if (extra.length > 0) {
    const names = extra.map(escapeIdentifier).join(", ");
    return `the table has ${names} instead, or besides: rename it back, or take it away, and look again`;
  }
  return [...kept, ...missing].join() === wanted.join()
    ? undefined
    : "added at the end it would be in another order than the directive's";
}

function columnsOf(
  { expected, live }: RepairContext,
  relation: string,
): Readonly<Record<"wanted" | "missing" | "kept" | "extra", readonly string[]>> {
  const wanted = columnsByRelation(expected).get(relation) ?? [];
  const found = columnsByRelation(live).get(relation) ?? [];
  return {
    wanted,
    missing: wanted.filter((column) => !found.includes(column)),
    kept: found.filter((column) => wanted.includes(column)),
    extra: found.filter((column) => !wanted.includes(column)),
  };
}

function expectedOrder(context: RepairContext, relation: string): string {
  return `columns in the order ${columnsOf(context, relation).wanted.join(", ")}`;
}

/** All of a table's missing columns in one statement, in their order: each one's finding has the same repair. */
function addColumns(context: RepairContext, relation: string): string[] {
  const { missing } = columnsOf(context, relation);
  const table = quoteQualified(relation);
  const entry = (column: string) => entryOf(context.expected, `column ${relation}.${column}`);
  return [
    `ALTER TABLE ${table}\n${missing.map((column) => `ADD COLUMN ${columnDefinition(column, entry(column))}`).join(",\n")}`,
    ...missing
      .filter((column) => typeof entry(column)["comment"] === "string")
      .map(
        (column) =>
          `COMMENT ON COLUMN ${table}.${escapeIdentifier(column)} IS ${commentText(entry(column))}`,
      ),
    ...grantStatements({ grants: grantsOnColumns(context, relation, missing) }),
  ];
}

function grantsOnColumns(
  { access }: RepairContext,
  relation: string,
  names: readonly string[],
): readonly AccessGrant[] {
  return grantsOn(access, relation).flatMap((grant) => {
    const columns = grant.columns?.filter((column) => names.includes(column)) ?? [];
    return columns.length === 0 ? [] : [{ ...grant, columns }];
  });
}

/**
 * The repair of what is written with a column that is missing and left to a person: it waits for that column. Undefined
 * where there is none.
 */
export function waitsForColumn(context: RepairContext, object: string): Repair | undefined {
  const value = context.expected[object];
  const definition = String(entryOf(context.expected, object)["definition"]);
  const column = context.differences
    .filter((one) => one.kind === "missing" && /^column (?!order )/.test(one.object))
    .map((one) => splitMember(one.object.replace("column ", "")))
    .filter(([relation]) => !isView(context, relation) && whyNotAdded(context, relation))
    .find(
      ([relation, name]) =>
        object === `privileges column ${relation}.${name}` ||
        (usesName(definition, name) &&
          (object.startsWith("view ") || parentOf(object, value) === relation)),
    );
  return column && manual([], `put column ${column.join(".")} right first, by hand`);
}

/** A column that the directives do not have: it may hold somebody's data, so it is only ever taken away by hand. */
export function unexpectedColumn(context: RepairContext, object: string): Repair {
  const [relation, column] = splitMember(object.replace("column ", ""));
  if (isView(context, relation)) {
    return recreateView(context, relation);
  }
  const name = escapeIdentifier(column);
  return manual(
    [`ALTER TABLE ${quoteQualified(relation)} DROP COLUMN ${name}`],
    `it may hold data. Archive first: CREATE SCHEMA IF NOT EXISTS v7_archive; CREATE TABLE v7_archive.${escapeIdentifier(`${relation.split(".")[1] ?? ""}_${column}`)} AS SELECT * FROM ${quoteQualified(relation)}`,
  );
}

/** Columns that are in another order than the directive says. */
export function changedOrder(context: RepairContext, object: string): Repair {
  const relation = object.replace("column order ", "");
  return isView(context, relation)
    ? recreateView(context, relation)
    : manual(
        [],
        `only making them anew, or the table, puts columns in another order. Expected: ${expectedOrder(context, relation)}`,
      );
}
