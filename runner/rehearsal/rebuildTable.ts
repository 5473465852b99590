import { escapeIdentifier as id } from "pg";
import { columnDefinition } from "../catalog/kinds/column";
import type { CatalogObject } from "../model";
import { quote } from "../postgres/names";
import { inParentheses } from "../sql/expression";
import { isAllowedExpression, isAllowedIndex, isAllowedStatistics } from "./allowedExpression";
import { keyColumns } from "./definitions";
import { fillStatement, type Values } from "./fillTable";
import { inheritedFrom, joinFamily } from "./rebuildFamily";
import { expressionRefusal, NOT_ALLOWED, quoted, typeRefusal, type Rebuilder } from "./rebuilder";
import { textOf, type Surroundings, type SurroundingTable } from "./surroundingsModel";

/**
 * Rebuilds a table of the target with generated rows: its columns, defaults, keys, checks, indexes and statistics, as far as
 * their expressions are allowed. The tables from which it inherits must be there; it is not yet a partition.
 *
 * @param builder the session of a role without privileges
 * @param wanted how many rows it is given
 * @returns whether it is there
 */
export async function rebuildTable(
  builder: Rebuilder,
  table: SurroundingTable,
  wanted: number,
  values: Omit<Values, "keys">,
  { definitions }: Pick<Surroundings, "definitions">,
): Promise<boolean> {
  const of = quoted(table.name.schema, table.name.name);
  if (!(await builder.attempt(`table ${of}`, `CREATE TABLE ${quote(table.name)} ()`))) {
    return false;
  }
  const isHeir = inheritedFrom(table).length > 0;
  const isOwn = ({ properties }: CatalogObject): boolean =>
    !isHeir || properties["inherited"] !== true || properties["alsoLocal"] === true;
  const own = await addColumns(builder, table, table.columns.filter(isOwn));
  await joinFamily(builder, table);
  // Those that it really inherited are there.
  const rest = table.columns.filter((column) => !isOwn(column));
  const columns: CatalogObject[] = [];
  for (const column of [...own, ...(await addColumns(builder, table, rest))]) {
    const hasDefault = await setDefault(builder, table, column);
    columns.push(hasDefault ? column : withoutDefault(column));
  }
  const keys = await Promise.all(
    table.constraints.map((one) => keyColumns(textOf(one, "definition") ?? "")),
  );
  const { sql = "", why = false } = fillStatement({ ...table, columns }, wanted, {
    ...values,
    keys: keys.filter((key) => key !== undefined),
  });
  if (table.partitionKey === null && (sql !== "" || why !== false)) {
    await builder.attempt(`rows of ${of}`, sql, why);
  }
  for (const constraint of table.constraints.filter(isOwn)) {
    await addConstraint(builder, `ALTER TABLE ${quote(table.name)}`, of, constraint, definitions);
  }
  for (const one of table.others) {
    await addIndex(builder, table, one);
  }
  return true;
}

function withoutDefault(column: CatalogObject): CatalogObject {
  const left = Object.entries(column.properties).filter(([name]) => name !== "default");
  return { ...column, properties: Object.fromEntries(left) };
}

/** @returns those that are there */
async function addColumns(
  builder: Rebuilder,
  table: SurroundingTable,
  columns: readonly CatalogObject[],
): Promise<readonly CatalogObject[]> {
  const added: CatalogObject[] = [];
  // A generated column may come before the columns that its expression uses.
  const isGenerated = ({ properties }: CatalogObject): number =>
    Number(properties["generated"] !== undefined);
  for (const column of [...columns].sort((a, b) => isGenerated(a) - isGenerated(b))) {
    if (await addColumn(builder, table, column)) {
      added.push(column);
    }
  }
  return added;
}

async function addColumn(
  builder: Rebuilder,
  { name, bound }: SurroundingTable,
  column: CatalogObject,
): Promise<boolean> {
  const { collation = null, identity = null, ...properties } = withoutDefault(column).properties;
  const generated = textOf(column, "generated");
  const expression = generated?.slice(generated.indexOf(" ") + 1) ?? "";
  const definition = columnDefinition(column.id, {
    ...properties,
    // The line end keeps a comment at its end from hiding what follows.
    ...(generated === null ? {} : { generated: `${generated}\n` }),
    ...((await isAllowedExpression(`'' COLLATE ${String(collation)}`)) ? { collation } : {}),
    // A partition's is the whole's.
    ...(bound === null ? { identity } : {}),
  });
  return await builder.attempt(
    `column ${quoted(name.schema, name.name, column.id.name)}`,
    `ALTER TABLE ${quote(name)} ADD COLUMN IF NOT EXISTS ${definition}`,
    (await typeRefusal(textOf(column, "type") ?? "")) ||
      (generated !== null && (await expressionRefusal(expression))),
  );
}

/** @returns whether the column has its default, or needs none */
async function setDefault(
  builder: Rebuilder,
  { name }: SurroundingTable,
  column: CatalogObject,
): Promise<boolean> {
  const value = textOf(column, "default");
  return (
    value === null ||
    (await builder.attempt(
      `default of ${quoted(name.schema, name.name, column.id.name)}`,
      `ALTER TABLE ${quote(name)} ALTER COLUMN ${id(column.id.name)} SET DEFAULT ${inParentheses(value)}`,
      await expressionRefusal(value),
    ))
  );
}

const CHECK = /^CHECK (\(.*\))((?: NO INHERIT| NOT VALID| NOT ENFORCED)*)$/s;

/** Adds a constraint to a table or domain. A foreign key needs another table: it is made later, where the plan needs it. */
export async function addConstraint(
  builder: Rebuilder,
  alter: string,
  of: string,
  constraint: CatalogObject,
  ofTarget: Surroundings["definitions"],
): Promise<void> {
  const definition = textOf(constraint, "definition") ?? "";
  const isForeign = isForeignKey(constraint);
  const what = `${isForeign ? "foreign key" : "constraint"} ${quoted(constraint.id.name)} of ${of}`;
  const add = `${alter} ADD CONSTRAINT ${id(constraint.id.name)}`;
  const [, expression, words = ""] = CHECK.exec(definition) ?? [];
  if (!isForeign && !ofTarget.has(definition)) {
    await builder.attempt(what, `${add} ${definition}`);
  } else if (expression !== undefined) {
    // The generated rows need not meet it.
    const unchecked = words.endsWith("D") ? words : `${words} NOT VALID`;
    const check = `${add} CHECK ${inParentheses(expression)}${unchecked}`;
    await builder.attempt(what, check, await expressionRefusal(expression));
  } else if ((await keyColumns(definition)) !== undefined) {
    await builder.attempt(what, `${add} ${definition}`);
  } else {
    builder.omitted.push(what);
  }
}

export function isForeignKey(constraint: CatalogObject): boolean {
  return textOf(constraint, "definition")?.startsWith("FOREIGN KEY ") === true;
}

/** The beginning of the server's own CREATE INDEX, with its name and its table's. */
const INDEX_OF_TABLE =
  /^(CREATE (?:UNIQUE )?INDEX )(?:"(?:[^"]|"")*"|[^" ])+( ON (?:ONLY )?)(?:"(?:[^"]|"")*"|[^" ])+(?= USING )/;

/** Adds an index or statistics; not an index that belongs to a constraint, or that was never finished. */
async function addIndex(
  builder: Rebuilder,
  { name }: SurroundingTable,
  { id: { kind, name: own }, properties }: CatalogObject,
): Promise<void> {
  const isMade = properties["constraint"] !== undefined || properties["invalid"] !== undefined;
  const check = { index: isAllowedIndex, statistics: isAllowedStatistics }[kind];
  if (check !== undefined && !isMade) {
    const definition = String(properties["definition"]).replace(
      INDEX_OF_TABLE,
      (_, create: string, on: string) => create + id(own) + on + quote(name),
    );
    const refusal = !(await check(definition, name)) && NOT_ALLOWED;
    await builder.attempt(
      `${kind} ${quoted(own)} of ${quoted(name.schema, name.name)}`,
      definition,
      refusal,
    );
  }
}
