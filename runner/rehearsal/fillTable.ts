import { escapeIdentifier } from "pg";
import { quote } from "../postgres/names";
import { MAX_FILL_BYTES, MAX_VALUE_BYTES } from "./bounds";
import { plain, quoted } from "./rebuilder";
import type { SurroundingColumn, SurroundingTable } from "./surroundingsModel";

/** By type, an expression over the row's number `i` whose values are all different. */
const DISTINCT: readonly [pattern: RegExp, expression: (column: SurroundingColumn) => string][] = [
  [/^uuid$/, () => "gen_random_uuid()"],
  [/^(integer|bigint|numeric.*|real|double precision)$/, () => "i"],
  [/^(text|(.+\.)?citext|character varying(\(\d+\))?)$/, textOf],
];

/** In bytes: what a row takes by itself, and a value whose width nobody knows. */
const ROW_BYTES = 28;
const VALUE_BYTES = 16;
const TEXT_BYTES = 20;

/** By type, any value will do. */
const ANY: readonly [pattern: RegExp, expression: string][] = [
  [/^smallint$/, "(i % 32767)::smallint"],
  [/^character\(\d+\)$/, "'x'"],
  [/^boolean$/, "i % 2 = 0"],
  [/^(timestamp|date)/, "now() - make_interval(mins => (i % 500000)::integer)"],
  [/^time/, "now()::time"],
  [/^interval/, "'1 day'"],
  [/^jsonb?$/, "'{}'"],
  [/^bytea$/, "'\\x00'"],
  [/\[\]$/, "'{}'"],
];

/**
 * An INSERT that gives an empty table so many rows: each column that needs a value, a value of its type, as wide as the
 * target's on average; the rest their defaults. A value is never wider than {@link MAX_VALUE_BYTES}, and all rows
 * together hardly than {@link MAX_FILL_BYTES}: there may be fewer.
 *
 * @returns no statement, and why, where a column's type is not one that can be made up
 */
export function fillStatement(
  table: SurroundingTable,
  wanted: number,
): { readonly sql?: string; readonly why?: string; readonly rows: number } {
  const rows = Math.min(wanted, Math.floor(MAX_FILL_BYTES / rowBytes(table)));
  const unique = table.constraints
    .filter(({ type }) => type === "p" || type === "u")
    .flatMap(({ columns }) => columns);
  const values: [string, string][] = [];
  for (const column of table.columns.filter(
    ({ generated, identity }) => generated + identity === "",
  )) {
    const isUnique = unique.includes(column.name);
    const expression = expressionFor(column, isUnique);
    if (expression !== undefined) {
      values.push([escapeIdentifier(column.name), expression]);
    } else if (column.notNull && column.default === null) {
      return {
        rows: 0,
        why: `none, since ${quoted(column.name)} is of type ${plain(column.type)}`,
      };
    }
  }
  if (rows === 0) {
    return { rows };
  }
  const columns = values.map(([name]) => name).join(", ");
  const expressions = values.map(([, expression]) => expression).join(", ");
  return {
    rows,
    sql:
      values.length === 0
        ? `INSERT INTO ${quote(table.name)} SELECT FROM generate_series(1, ${String(rows)})`
        : `INSERT INTO ${quote(table.name)} (${columns}) SELECT ${expressions} FROM generate_series(1, ${String(rows)}) AS series(i)`,
  };
}

function expressionFor(column: SurroundingColumn, isUnique: boolean): string | undefined {
  const distinct = DISTINCT.find(([pattern]) => pattern.test(column.type));
  if (distinct !== undefined) {
    return distinct[1](column);
  }
  if (column.isEnum && !isUnique) {
    // The server's own text of the type, from format_type.
    return `(enum_range(NULL::${column.type}))[1]`;
  }
  return isUnique ? undefined : ANY.find(([pattern]) => pattern.test(column.type))?.[1];
}

/** The row's number, filled up to the average width; no longer than the type allows. */
function textOf(column: SurroundingColumn): string {
  const limit = /\((\d+)\)/.exec(column.type)?.[1];
  const padded = `i || repeat('x', ${String(Math.max(0, widthOf(column, TEXT_BYTES) - 6))})`;
  return limit === undefined ? padded : `left(${padded}, ${limit})`;
}

function widthOf({ width }: SurroundingColumn, unknown: number): number {
  return Math.min(Math.round(width ?? unknown), MAX_VALUE_BYTES);
}

/** How much a row takes, no less than it will: a type that pads its values is as wide as it says. */
function rowBytes({ columns }: SurroundingTable): number {
  return columns.reduce((sum, column) => {
    const padding = /^(?:character|bit)\((\d+)\)/.exec(column.type)?.[1];
    return sum + (padding === undefined ? widthOf(column, VALUE_BYTES) : Number(padding));
  }, ROW_BYTES);
}
