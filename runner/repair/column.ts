import { escapeIdentifier, escapeLiteral } from "pg";
import {
  changedNames,
  columnDefinition,
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
import { recreateView } from "./table";

/** Whether it is one of the views. */
export function isView({ expected }: RepairContext, relation: string): boolean {
  return `view ${relation}` in expected;
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
  const isRetyped = changed.includes("type") || changed.includes("collation");
  if (isRetyped && !isOfOneFamily(String(actual["type"]), String(expected["type"]))) {
    return manual(
      [],
      `values may not survive the way from ${String(actual["type"])} to ${String(expected["type"])}: look at them first. Expected: ${columnDefinition(column, expected)}`,
    );
  }
  const alter = (action: string): string =>
    `ALTER TABLE ${quoteQualified(relation)} ALTER COLUMN ${escapeIdentifier(column)} ${action}`;
  const sql = [
    ...dropGeneration(alter, actual, changed),
    ...(isRetyped ? retype(alter, expected, actual) : []),
    ...(changed.includes("default") && !isRetyped ? [alter(defaultAction(expected))] : []),
    ...(changed.includes("notNull")
      ? [alter(expected["notNull"] === true ? "SET NOT NULL" : "DROP NOT NULL")]
      : []),
    ...unusual(alter, expected, actual, changed),
    ...(changed.includes("comment")
      ? [
          `COMMENT ON COLUMN ${quoteQualified(relation)}.${escapeIdentifier(column)} IS ${commentText(expected)}`,
        ]
      : []),
  ];
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

const FAMILIES = [
  /^(text|character varying(\(\d+\))?)(\[\])?$/,
  /^(smallint|integer|bigint)(\[\])?$/,
];

/** Whether PostgreSQL's assignment cast takes every value that fits, and refuses the others: none is lost in silence. */
function isOfOneFamily(from: string, to: string): boolean {
  return (
    from.endsWith("[]") === to.endsWith("[]") &&
    (from === to || FAMILIES.some((family) => family.test(from) && family.test(to)))
  );
}

function retype(alter: (action: string) => string, expected: Entry, actual: Entry): string[] {
  const collate =
    expected["collation"] === null && actual["collation"] !== null ? ' COLLATE "default"' : "";
  return [
    ...(actual["default"] === null ? [] : [alter("DROP DEFAULT")]),
    alter(`TYPE ${String(expected["type"])}${collate}`),
    ...(expected["default"] === null ? [] : [alter(defaultAction(expected))]),
  ];
}

function unusual(
  alter: (action: string) => string,
  expected: Entry,
  actual: Entry,
  changed: readonly string[],
): string[] {
  return [
    ...(changed.includes("statistics") ? [alter("SET STATISTICS -1")] : []),
    ...(changed.includes("storage") ? [alter("SET STORAGE DEFAULT")] : []),
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
