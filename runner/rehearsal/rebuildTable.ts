import { escapeIdentifier as id } from "pg";
import { quote } from "../postgres/names";
import { inParentheses } from "../sql/expression";
import { isAllowedIndex } from "./allowedExpression";
import { fillStatement } from "./fillTable";
import { inheritedFrom, joinFamily } from "./rebuildFamily";
import { expressionRefusal, NOT_ALLOWED, quoted, typeRefusal, type Rebuilder } from "./rebuilder";
import { isForeignKey } from "./standInParts";
import type {
  SurroundingColumn,
  SurroundingConstraint,
  SurroundingTable,
} from "./surroundingsModel";

const KEYS: Readonly<Record<string, string>> = { p: "PRIMARY KEY", u: "UNIQUE" };

/**
 * Rebuilds a table of the target with generated rows: its columns, defaults, keys, checks and indexes, as far as their
 * expressions are allowed. The tables from which it inherits must be there; it is not yet a partition.
 *
 * @param builder the session of a role without privileges
 * @param wanted how many rows it is given
 * @param partition what each of its rows has, by column, as SQL
 * @returns whether it is there
 */
export async function rebuildTable(
  builder: Rebuilder,
  table: SurroundingTable,
  wanted: number,
  partition: ReadonlyMap<string, string>,
): Promise<boolean> {
  const name = quote(table.name);
  const of = quoted(table.name.schema, table.name.name);
  if (!(await builder.attempt(`table ${of}`, `CREATE TABLE ${name} ()`))) {
    return false;
  }
  const isHeir = inheritedFrom(table).length > 0;
  const isOwn = ({ isLocal }: { readonly isLocal: boolean }): boolean => isLocal || !isHeir;
  const own = await addColumns(builder, table, table.columns.filter(isOwn));
  await joinFamily(builder, table);
  // Those that it really inherited are there.
  const rest = table.columns.filter((column) => !isOwn(column));
  const inherited = await addColumns(builder, table, rest);
  const columns: SurroundingColumn[] = [];
  for (const column of [...own, ...inherited]) {
    const hasDefault = await setDefault(builder, table, column);
    columns.push(hasDefault ? column : { ...column, default: null });
  }
  const { sql = "", why = false } = fillStatement({ ...table, columns }, wanted, partition);
  if (table.partitionKey === null && (sql !== "" || why !== false)) {
    await builder.attempt(`rows of ${of}`, sql, why);
  }
  for (const constraint of table.constraints.filter(isOwn)) {
    await addConstraint(builder, table, constraint);
  }
  for (const index of table.indexes) {
    const isAllowed = await isAllowedIndex(index.definition, table.name);
    const what = `index ${quoted(index.name)} of ${of}`;
    await builder.attempt(what, index.definition, !isAllowed && NOT_ALLOWED);
  }
  return true;
}

/** @returns those that are there */
async function addColumns(
  builder: Rebuilder,
  table: SurroundingTable,
  columns: readonly SurroundingColumn[],
): Promise<readonly SurroundingColumn[]> {
  const added: SurroundingColumn[] = [];
  // A generated column may come before the columns that its expression uses.
  const generatedLast = [...columns].sort(
    (a, b) => Number(a.generated !== "") - Number(b.generated !== ""),
  );
  for (const column of generatedLast) {
    if (await addColumn(builder, table, column)) {
      added.push(column);
    }
  }
  return added;
}

async function addColumn(
  builder: Rebuilder,
  { name, bound }: SurroundingTable,
  { name: column, type, generated, default: value, identity, notNull }: SurroundingColumn,
): Promise<boolean> {
  const made = inParentheses(value ?? "");
  const parts = [
    `ALTER TABLE ${quote(name)} ADD COLUMN IF NOT EXISTS ${id(column)} ${type}`,
    generated === ""
      ? ""
      : `GENERATED ALWAYS AS ${made} ${generated === "v" ? "VIRTUAL" : "STORED"}`,
    // A partition's is the whole's.
    identity === "" || bound !== null
      ? ""
      : `GENERATED ${identity === "a" ? "ALWAYS" : "BY DEFAULT"} AS IDENTITY`,
    notNull ? "NOT NULL" : "",
  ];
  return await builder.attempt(
    `column ${quoted(name.schema, name.name, column)}`,
    parts.filter((part) => part !== "").join(" "),
    (await typeRefusal(type)) || (generated !== "" && (await expressionRefusal(value ?? ""))),
  );
}

/** @returns whether the column has its default, or needs none */
async function setDefault(
  builder: Rebuilder,
  { name }: SurroundingTable,
  { name: column, default: value, generated }: SurroundingColumn,
): Promise<boolean> {
  if (value === null || generated !== "") {
    return true;
  }
  return await builder.attempt(
    `default of ${quoted(name.schema, name.name, column)}`,
    `ALTER TABLE ${quote(name)} ALTER COLUMN ${id(column)} SET DEFAULT ${inParentheses(value)}`,
    await expressionRefusal(value),
  );
}

async function addConstraint(
  builder: Rebuilder,
  { name }: SurroundingTable,
  one: SurroundingConstraint,
): Promise<void> {
  const { name: constraint, type, columns, expression, definition } = one;
  const isKey = isForeignKey(one);
  const what = `${isKey ? "foreign key" : "constraint"} ${quoted(constraint)} of ${quoted(name.schema, name.name)}`;
  const add = `ALTER TABLE ${quote(name)} ADD CONSTRAINT ${id(constraint)}`;
  const key = KEYS[type];
  if (definition !== undefined && !isKey) {
    await builder.attempt(what, `${add} ${definition}`);
  } else if (key !== undefined) {
    await builder.attempt(what, `${add} ${key} (${columns.map(id).join(", ")})`);
  } else if (type === "c" && expression !== null) {
    const check = `${add} CHECK ${inParentheses(expression)} NOT VALID`;
    await builder.attempt(what, check, await expressionRefusal(expression));
  } else {
    builder.omitted.push(what);
  }
}
