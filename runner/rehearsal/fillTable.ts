import { escapeIdentifier } from "pg";
import { quote } from "../directive/definitions";
import type { SurroundingColumn, SurroundingTable } from "./surroundings";

/** By type, an expression over the row's number `i` whose values are all different. */
const DISTINCT: readonly [pattern: RegExp, expression: (column: SurroundingColumn) => string][] = [
  [/^uuid$/, () => "gen_random_uuid()"],
  [/^(integer|bigint|numeric.*|real|double precision)$/, () => "i"],
  [/^(text|(.+\.)?citext|character varying)$/, textOf],
  [/^character varying\(\d+\)$/, textOf],
];

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
 * target's on average; the rest their defaults.
 *
 * @returns no statement, and why, where a column's type is not one that can be made up
 */
export function fillStatement(
  table: SurroundingTable,
  rows: number,
): { readonly sql?: string; readonly why?: string } {
  const unique = table.constraints
    .filter(({ type }) => type === "p" || type === "u")
    .flatMap(({ definition }) => (/\((.*?)\)/.exec(definition)?.[1] ?? "").split(", "));
  const values: [string, string][] = [];
  for (const column of table.columns.filter(
    ({ generated, identity }) => generated + identity === "",
  )) {
    const isUnique = unique.includes(asWritten(column.name));
    const expression = expressionFor(column, isUnique);
    if (expression !== undefined) {
      values.push([escapeIdentifier(column.name), expression]);
    } else if (column.notNull && column.default === null) {
      return { why: `none, since "${column.name}" is of type ${column.type}` };
    }
  }
  if (rows === 0) {
    return {};
  }
  const columns = values.map(([name]) => name).join(", ");
  const expressions = values.map(([, expression]) => expression).join(", ");
  return {
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
function textOf({ type, width }: SurroundingColumn): string {
  const limit = /\((\d+)\)/.exec(type)?.[1];
  const padded = `i || repeat('x', ${String(Math.max(0, Math.round(width ?? 20) - 6))})`;
  return limit === undefined ? padded : `left(${padded}, ${limit})`;
}

/** A column's name as a constraint's definition has it: in quotes where it needs them. */
function asWritten(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : escapeIdentifier(name);
}
