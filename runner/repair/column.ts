import { escapeIdentifier, escapeLiteral } from "pg";
import { usesName } from "../sql/identifiers";
import {
  changedNames,
  entryOf,
  manual,
  PHASES,
  quoteQualified,
  setOptions,
  splitMember,
  type Entry,
  type Repair,
  type RepairContext,
} from "./context";
import { losslessUsing } from "./retype";
import { needsRebuild, rebuildTable, recreateView } from "./table";

/** Whether it is one of the views. */
export function isView({ expected }: RepairContext, relation: string): boolean {
  return `view ${relation}` in expected;
}

/** Whether the view reads a column of that name. */
export function usedByView({ expected, objects }: RepairContext, column: string): boolean {
  return objects.views.some(({ schema, name }) =>
    usesName(String(entryOf(expected, `view ${schema}.${name}`)["definition"]), column),
  );
}

/** A column whose type, default or other property differs. */
export function changedColumn(context: RepairContext, object: string): Repair {
  const [relation, column] = splitMember(object.replace("column ", ""));
  const expected = entryOf(context.expected, object);
  const actual = entryOf(context.live, object);
  const changed = changedNames(expected, actual);
  if (isView(context, relation)) {
    return viewColumn(context, { relation, column, expected, changed });
  }
  if (needsRebuild(context, relation)) {
    return rebuildTable(context, relation);
  }
  const alter = (action: string): string =>
    `ALTER TABLE ${quoteQualified(relation)} ALTER COLUMN ${escapeIdentifier(column)} ${action}`;
  const isRetyped = changed.includes("type") || changed.includes("collation");
  const using = losslessUsing(String(actual["type"]), String(expected["type"]), column);
  const sql = [
    ...dropGeneration(alter, actual, changed),
    ...(isRetyped ? retype(context, { relation, column, expected, actual, alter, using }) : []),
    ...(changed.includes("default") && !isRetyped ? [alter(defaultAction(expected))] : []),
    ...(changed.includes("notNull")
      ? [alter(expected["notNull"] === true ? "SET NOT NULL" : "DROP NOT NULL")]
      : []),
    ...unusual(alter, relation, expected, actual, changed),
    ...(changed.includes("comment")
      ? [
          `COMMENT ON COLUMN ${quoteQualified(relation)}.${escapeIdentifier(column)} IS ${commentText(expected)}`,
        ]
      : []),
  ];
  if (isRetyped && using === undefined) {
    return manual(
      sql,
      `values may not survive the way from ${String(actual["type"])} to ${String(expected["type"])}: look at them first`,
    );
  }
  const isComment = changed.length === 1 && changed[0] === "comment" && actual["comment"] === null;
  return { how: isComment ? "additive" : "plan", sql, phase: PHASES.column };
}

/** A comment as a literal; NULL takes it away. */
export function commentText({ comment }: Entry): string {
  return typeof comment === "string" ? escapeLiteral(comment) : "NULL";
}

function defaultAction({ default: value }: Entry): string {
  return typeof value === "string" ? `SET DEFAULT ${value}` : "DROP DEFAULT";
}

function dropGeneration(
  alter: (action: string) => string,
  actual: Entry,
  changed: readonly string[],
): string[] {
  return [
    ...(changed.includes("identity") && actual["identity"] !== ""
      ? [alter("DROP IDENTITY IF EXISTS")]
      : []),
    ...(changed.includes("generated") && actual["generated"] !== ""
      ? [alter("DROP EXPRESSION IF EXISTS")]
      : []),
  ];
}

interface Retyped {
  readonly relation: string;
  readonly column: string;
  readonly expected: Entry;
  readonly actual: Entry;
  readonly alter: (action: string) => string;
  /** The USING clause; empty where the assignment cast does it, undefined where values may be lost. */
  readonly using: string | undefined;
}

/** The view is made anew around the change where it uses a column of that name: PostgreSQL refuses it otherwise. */
function retype(
  context: RepairContext,
  { column, expected, actual, alter, using }: Retyped,
): string[] {
  const views = usedByView(context, column)
    ? context.objects.views.map(({ schema, name }) => `${schema}.${name}`)
    : [];
  const isRepairedLater = (view: string): boolean =>
    context.differences.some(({ object }) => object === `view ${view}`);
  const collate =
    expected["collation"] === null && actual["collation"] !== null ? ' COLLATE "default"' : "";
  return [
    ...views.map((view) => `DROP VIEW IF EXISTS ${quoteQualified(view)}`),
    ...(actual["default"] === null ? [] : [alter("DROP DEFAULT")]),
    alter(
      `TYPE ${String(expected["type"])}${collate}${using ?? ` USING ${escapeIdentifier(column)}::${String(expected["type"])}`}`,
    ),
    ...(expected["default"] === null ? [] : [alter(defaultAction(expected))]),
    ...views
      .filter((view) => !isRepairedLater(view))
      .flatMap((view) => recreateView({ ...context, live: {} }, view).sql),
  ];
}

const STORAGES: Readonly<Record<string, string>> = {
  integer: "PLAIN",
  boolean: "PLAIN",
  date: "PLAIN",
  uuid: "PLAIN",
};

function unusual(
  alter: (action: string) => string,
  relation: string,
  expected: Entry,
  actual: Entry,
  changed: readonly string[],
): string[] {
  const type = String(expected["type"]);
  const storage = STORAGES[type] ?? (type.startsWith("timestamp") ? "PLAIN" : "EXTENDED");
  return [
    ...(changed.includes("statistics") ? [alter(`SET STATISTICS -1`)] : []),
    ...(changed.includes("storage") ? [alter(`SET STORAGE ${storage}`)] : []),
    ...(changed.includes("compression") ? [alter("SET COMPRESSION default")] : []),
    ...(changed.includes("options") ? setOptions(expected, actual, alter) : []),
    ...(changed.includes("notNullValidated") && actual["notNullValidated"] === false
      ? [alter("DROP NOT NULL"), alter("SET NOT NULL")]
      : []),
  ];
}

function viewColumn(
  context: RepairContext,
  one: { relation: string; column: string; expected: Entry; changed: readonly string[] },
): Repair {
  const { relation, column, expected, changed } = one;
  const name = `${quoteQualified(relation)}.${escapeIdentifier(column)}`;
  const isSmall = changed.every((property) => ["default", "comment"].includes(property));
  if (!isSmall) {
    return recreateView(context, relation);
  }
  return {
    how: "plan",
    sql: [
      ...(changed.includes("default")
        ? [
            `ALTER VIEW ${quoteQualified(relation)} ALTER COLUMN ${escapeIdentifier(column)} ${defaultAction(expected)}`,
          ]
        : []),
      ...(changed.includes("comment")
        ? [`COMMENT ON COLUMN ${name} IS ${commentText(expected)}`]
        : []),
    ],
    phase: PHASES.setting,
  };
}
