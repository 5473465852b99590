import { escapeIdentifier as id, escapeLiteral } from "pg";
import { baseName } from "../catalog/definedObjects";
import { qualified } from "../catalog/kinds/objectId";
import type { CatalogObject, ObjectId } from "../model";
import { quote } from "../postgres/names";
import { namesIn } from "../sql/identifiers";
import { parseRoutine, typeText, type ParsedRoutine } from "./definitions";
import { NO_TYPE, quoted, Rebuilder, typeRefusal } from "./rebuilder";
import { ofKinds, partsOf, textOf, type Surroundings } from "./surroundingsModel";

const ROUTINES: readonly string[] = ["function", "procedure"];
const VIEWS: readonly string[] = ["view", "materialized view"];

/** Whether only the interface of an object is rebuilt, without its code. */
export function isCode({ kind }: ObjectId): boolean {
  return [...VIEWS, "publication", ...ROUTINES].includes(kind);
}

/** The objects, besides tables, of which stand-ins are made. An identity column's sequence is made with the column. */
export function standInsOf(surroundings: Surroundings): readonly CatalogObject[] {
  return ofKinds(surroundings, ...VIEWS, ...ROUTINES, "composite type", "sequence").filter(
    (object) => textOf(object, "ownedBy")?.endsWith(" as identity") !== true,
  );
}

const MISSING_TYPE = "SQLSTATE 42704";

/**
 * Makes those stand-ins that can be made yet, and notes nothing of the others: they need a type, or a table's row type, that is
 * not there yet.
 *
 * @returns the others
 */
export async function rebuildFree(
  builder: Rebuilder,
  surroundings: Surroundings,
  standIns: readonly CatalogObject[],
): Promise<readonly CatalogObject[]> {
  const waiting: CatalogObject[] = [];
  for (const one of standIns) {
    const tried = new Rebuilder(builder.client, []);
    await rebuildStandIn(tried, surroundings, one);
    if (tried.omitted.some((line) => line.endsWith(MISSING_TYPE))) {
      waiting.push(one);
    } else {
      builder.omitted.push(...tried.omitted);
    }
  }
  return waiting.length === 0 || waiting.length === standIns.length
    ? waiting
    : await rebuildFree(builder, surroundings, waiting);
}

/**
 * Makes an object with the same interface: a view without its query and rows, a function that returns NULL, a procedure that
 * does nothing, a type, a sequence that starts at 1. Notes what is missing of views and functions.
 *
 * @param builder the session of a role without privileges
 */
export async function rebuildStandIn(
  builder: Rebuilder,
  surroundings: Surroundings,
  object: CatalogObject,
): Promise<void> {
  const { kind, schema = "", name } = object.id;
  const isRoutine = ROUTINES.includes(kind);
  const what = `${kind} ${quoted(schema, isRoutine ? baseName(name) : name)}`;
  const columns = partsOf(surroundings, object.id, "column");
  const sql = isRoutine ? await routineStatement(object) : relationStatement(object.id, columns);
  const types = columns.map((column) => textOf(column, "type") ?? "");
  const refusal = sql === undefined ? NO_TYPE : await typeRefusal(...types);
  if (await builder.attempt(what, sql ?? "", refusal)) {
    const [first] = columns;
    if (kind === "materialized view" && first !== undefined) {
      // REFRESH … CONCURRENTLY needs a unique index. Not every type can have one.
      await builder.canRun(
        `CREATE UNIQUE INDEX ${id(`v7 ${name}`)} ON ${quote({ schema, name })} (${id(first.id.name)})`,
      );
    }
    builder.omitted.push(...(AS_OUTSIDE[kind] ?? []).map((as) => `${what}: ${as}`));
  }
}

/** Gives sequences to the columns that they belong to, where their tables are there. */
export async function attachSequences(
  builder: Rebuilder,
  { tables }: Surroundings,
  standIns: readonly CatalogObject[],
): Promise<void> {
  for (const object of standIns.filter(({ id }) => id.kind === "sequence")) {
    const [schema = "", name = "", column = ""] = namesIn(textOf(object, "ownedBy") ?? "");
    if (tables.some((table) => table.name.schema === schema && table.name.name === name)) {
      const [sequence, table] = [quote(qualified(object.id)), quote({ schema, name })];
      await builder.attempt(
        `owner of sequence ${quoted(object.id.schema ?? "", object.id.name)}`,
        `ALTER SEQUENCE ${sequence} OWNED BY ${table}.${id(column)};
         ALTER TABLE ${table} ALTER COLUMN ${id(column)} SET DEFAULT nextval(${escapeLiteral(sequence)})`,
      );
    }
  }
}

const AS_OUTSIDE: Readonly<Record<string, readonly string[]>> = {
  view: ["its query; it is there without rows"],
  "materialized view": ["its query; it is there without rows"],
  function: ["its body; it is there and returns NULL"],
  procedure: ["its body; it is there and does nothing"],
};

function relationStatement(object: ObjectId, columns: readonly CatalogObject[]): string {
  const name = quote(qualified(object));
  const typed = (write: (column: string, type: string) => string): string =>
    columns.map((one) => write(id(one.id.name), textOf(one, "type") ?? "")).join(", ");
  switch (object.kind) {
    case "composite type":
      return `CREATE TYPE ${name} AS (${typed((column, type) => `${column} ${type}`)})`;
    case "sequence":
      return `CREATE SEQUENCE ${name}`;
    default:
      return `CREATE ${object.kind.toUpperCase()} ${name} AS
        SELECT ${typed((column, type) => `NULL::${type} AS ${column}`)} WHERE false`;
  }
}

const MODES: Readonly<Record<string, string>> = {
  FUNC_PARAM_OUT: "OUT ",
  FUNC_PARAM_INOUT: "INOUT ",
  FUNC_PARAM_VARIADIC: "VARIADIC ",
};

/** The routine with the names and types of its arguments, each quoted; undefined where its definition cannot be read. */
async function routineStatement({
  id: object,
  ...one
}: CatalogObject): Promise<string | undefined> {
  const parsed = await parseRoutine(textOf(one, "definition") ?? "");
  if (parsed === undefined) {
    return undefined;
  }
  const named = quote({ schema: object.schema ?? "", name: baseName(object.name) });
  const parameters = parametersOf(parsed);
  const columns = parameters.filter(({ mode }) => mode === "FUNC_PARAM_TABLE");
  const given = parameters.filter(({ mode }) => mode !== "FUNC_PARAM_TABLE");
  const head = `${named}(${given.map(({ mode, text }) => (MODES[mode] ?? "") + text).join(", ")})`;
  if (object.kind === "procedure") {
    return `CREATE PROCEDURE ${head} LANGUAGE plpgsql AS 'BEGIN RETURN; END'`;
  }
  const { returnType = {} } = parsed;
  const isSet = returnType["setof"] === true;
  const type = typeText(returnType) ?? "";
  const hasOut = given.some(({ mode }) => /OUT$/.test(mode));
  const result =
    columns.length > 0
      ? `TABLE (${columns.map(({ text }) => text).join(", ")})`
      : `${isSet ? "SETOF " : ""}${type}`;
  const isBare = isSet || hasOut || type === id("void");
  return `CREATE FUNCTION ${head} RETURNS ${result}
    LANGUAGE plpgsql IMMUTABLE AS 'BEGIN ${isBare ? "RETURN;" : "RETURN NULL;"} END'`;
}

function parametersOf({ parameters = [] }: ParsedRoutine) {
  return parameters.map(({ FunctionParameter: { name, argType, mode } }) => ({
    mode,
    text: [...(name === undefined ? [] : [id(name)]), typeText(argType) ?? ""].join(" "),
  }));
}
