import { escapeIdentifier } from "pg";
import type { CatalogObject } from "../model";
import { quote } from "../postgres/names";
import { namesIn } from "../sql/identifiers";
import { MAX_FILL_BYTES, MAX_VALUE_BYTES } from "./bounds";
import { plain, quoted } from "./rebuilder";
import { textOf, type SurroundingTable } from "./surroundingsModel";

/** By type, an expression of the row's number `i` with a different value in each row. */
const DISTINCT: readonly [pattern: RegExp, expression: (column: Column) => string][] = [
  [/^uuid$/, () => "gen_random_uuid()"],
  [/^(integer|bigint|numeric.*|real|double precision)$/, () => "i"],
  [/^(text|(.+\.)?citext|character varying(\(\d+\))?)$/, generatedText],
];

/** Sizes in bytes: a row's overhead; a value, and a text, of unknown width. */
const ROW_BYTES = 28;
const VALUE_BYTES = 16;
const TEXT_BYTES = 20;

/** By type, an expression whose values may be equal. */
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

/** A column's type, and its average width where that is known. */
interface Column {
  readonly type: string;
  readonly width?: number | undefined;
}

/** What is known of the values that rows may have. */
export interface Values {
  /** The values, by column and as SQL, that all rows have. */
  readonly fixed: ReadonlyMap<string, string>;
  /** The columns of each key. */
  readonly keys: readonly (readonly string[])[];
  /** The enums by their names, `public.mood`. */
  readonly enums: ReadonlySet<string>;
}

/**
 * An INSERT of generated rows into an empty table. Columns get values of their type, as wide as the target's on average,
 * where they can be generated; the others get their defaults. A value is at most {@link MAX_VALUE_BYTES} wide, and all rows
 * together take about {@link MAX_FILL_BYTES} at most: there may be fewer rows than wanted.
 *
 * @returns `why` instead of a statement where a column's type needs a value that cannot be generated
 */
export function fillStatement(
  { name, columns, widths }: Pick<SurroundingTable, "name" | "columns" | "widths">,
  wanted: number,
  { fixed, keys, enums }: Values,
): { readonly sql?: string; readonly why?: string; readonly rows: number } {
  const typed = (column: CatalogObject): Column => ({
    type: textOf(column, "type") ?? "",
    width: widths[column.id.name],
  });
  const most = keys.some((key) => key.every((column) => fixed.has(column)))
    ? 1
    : Math.floor(MAX_FILL_BYTES / rowBytes(columns.map(typed)));
  const rows = Math.min(wanted, most);
  const values: [string, string][] = [];
  for (const column of columns.filter(
    ({ properties }) => (properties["generated"] ?? properties["identity"]) === undefined,
  )) {
    const { id, properties } = column;
    const isUnique = keys.some((key) => key.includes(id.name));
    const expression = fixed.get(id.name) ?? expressionFor(typed(column), isUnique, enums);
    if (expression !== undefined) {
      values.push([escapeIdentifier(id.name), expression]);
    } else if (properties["notNull"] === true && textOf(column, "default") === null) {
      return {
        rows: 0,
        why: `none, since ${quoted(id.name)} is of type ${plain(typed(column).type)}`,
      };
    }
  }
  if (rows === 0) {
    return { rows };
  }
  const names = values.map(([column]) => column).join(", ");
  const expressions = values.map(([, expression]) => expression).join(", ");
  return {
    rows,
    sql:
      values.length === 0
        ? `INSERT INTO ${quote(name)} SELECT FROM generate_series(1, ${String(rows)})`
        : `INSERT INTO ${quote(name)} (${names}) SELECT ${expressions} FROM generate_series(1, ${String(rows)}) AS series(i)`,
  };
}

function expressionFor(
  column: Column,
  isUnique: boolean,
  enums: ReadonlySet<string>,
): string | undefined {
  const distinct = DISTINCT.find(([pattern]) => pattern.test(column.type));
  if (distinct !== undefined) {
    return distinct[1](column);
  }
  if (enums.has(namesIn(column.type).join(".")) && !column.type.endsWith("]") && !isUnique) {
    // The server's own text of the type, from format_type.
    return `(enum_range(NULL::${column.type}))[1]`;
  }
  return isUnique ? undefined : ANY.find(([pattern]) => pattern.test(column.type))?.[1];
}

/** The row's number, filled up to the average width; no longer than the type allows. */
function generatedText(column: Column): string {
  const limit = /\((\d+)\)/.exec(column.type)?.[1];
  const padded = `i || repeat('x', ${String(Math.max(0, widthOf(column, TEXT_BYTES) - 6))})`;
  return limit === undefined ? padded : `left(${padded}, ${limit})`;
}

function widthOf({ width }: Column, unknown: number): number {
  return Math.min(Math.round(width ?? unknown), MAX_VALUE_BYTES);
}

/** A row's size at most: the values of types that pad are as wide as the type says. */
function rowBytes(columns: readonly Column[]): number {
  return columns.reduce((sum, column) => {
    const padding = /^(?:character|bit)\((\d+)\)/.exec(column.type)?.[1];
    return sum + (padding === undefined ? widthOf(column, VALUE_BYTES) : Number(padding));
  }, ROW_BYTES);
}
