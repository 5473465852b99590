import { escapeIdentifier as id, escapeLiteral } from "pg";
import { baseName } from "../catalog/definedObjects";
import { qualified } from "../catalog/kinds/objectId";
import type { CatalogObject, ObjectId } from "../model";
import { quote } from "../postgres/names";
import { namesIn } from "../sql/identifiers";
import { parseRoutine, typeText, type ParsedRoutine } from "./definitions";
import { addConstraint } from "./rebuildTable";
import { NO_TYPE, quoted, Rebuilder, typeRefusal } from "./rebuilder";
import { ofKinds, partsOf, textOf, type Surroundings } from "./surroundingsModel";

const ROUTINES: readonly string[] = ["function", "procedure"];
const TYPES: readonly string[] = ["enum", "domain", "composite type"];
const VIEWS: readonly string[] = ["view", "materialized view"];

/** Whether only the interface of an object is rebuilt, without its code. */
export function isCode({ kind }: ObjectId): boolean {
  return [...VIEWS, "publication", ...ROUTINES].includes(kind);
}

/** The types, and the objects of which stand-ins are made. An identity column's sequence is made with the column. */
export function besidesTables(surroundings: Surroundings): readonly CatalogObject[] {
  return ofKinds(surroundings, ...TYPES, "sequence", ...VIEWS, ...ROUTINES).filter(
    (object) => textOf(object, "ownedBy")?.endsWith(" as identity") !== true,
  );
}

const MISSING_TYPE = "SQLSTATE 42704";

/**
 * Makes those of these objects that can be made yet, and notes nothing of the others: they need a type, or a table's row type,
 * that is not there yet.
 *
 * @returns the others
 */
export async function rebuildFree(
  builder: Rebuilder,
  surroundings: Surroundings,
  objects: readonly CatalogObject[],
): Promise<readonly CatalogObject[]> {
  const waiting: CatalogObject[] = [];
  for (const one of objects) {
    const tried = new Rebuilder(builder.client, []);
    const isThere = await rebuildObject(tried, surroundings, one);
    if (!isThere && tried.omitted.some((line) => line.endsWith(MISSING_TYPE))) {
      waiting.push(one);
    } else {
      builder.omitted.push(...tried.omitted);
    }
  }
  return waiting.length === 0 || waiting.length === objects.length
    ? waiting
    : await rebuildFree(builder, surroundings, waiting);
}

/**
 * Makes an object with the same interface: a type, a view without its query and rows, a function that returns NULL, a procedure
 * that does nothing, a sequence that starts at 1. Notes what is missing of domains, views and functions.
 *
 * @param builder the session of a role without privileges
 * @returns whether it is there
 */
export async function rebuildObject(
  builder: Rebuilder,
  surroundings: Surroundings,
  object: CatalogObject,
): Promise<boolean> {
  const { kind, schema = "", name } = object.id;
  const isRoutine = ROUTINES.includes(kind);
  const what = `${kind === "enum" ? "type" : kind} ${quoted(schema, isRoutine ? baseName(name) : name)}`;
  const columns = partsOf(surroundings, object.id, "column");
  const sql = isRoutine ? await routineStatement(object) : relationStatement(surroundings, object);
  const types = [...columns, object].flatMap((one) => textOf(one, "type") ?? []);
  const refusal = sql === undefined ? NO_TYPE : await typeRefusal(...types);
  if (!(await builder.attempt(what, sql ?? "", refusal))) {
    return false;
  }
  const [first] = columns;
  if (kind === "materialized view" && first !== undefined) {
    // REFRESH … CONCURRENTLY needs a unique index. Not every type can have one.
    await builder.canRun(
      `CREATE UNIQUE INDEX ${id(`v7 ${name}`)} ON ${quote({ schema, name })} (${id(first.id.name)})`,
    );
  }
  if (kind === "domain") {
    await completeDomain(builder, surroundings, object, what);
  }
  builder.omitted.push(...(AS_OUTSIDE[kind] ?? []).map((as) => `${what}: ${as}`));
  return true;
}

/** Adds the checks that are allowed. The default is not rebuilt. */
async function completeDomain(
  builder: Rebuilder,
  surroundings: Surroundings,
  domain: CatalogObject,
  of: string,
): Promise<void> {
  if (textOf(domain, "default") !== null) {
    builder.omitted.push(`default of ${of}`);
  }
  const alter = `ALTER DOMAIN ${quote(qualified(domain.id))}`;
  for (const check of partsOf(surroundings, domain.id, "constraint")) {
    await addConstraint(builder, alter, of, check, surroundings.definitions);
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

function relationStatement(surroundings: Surroundings, object: CatalogObject): string {
  const { id: of, properties } = object;
  const name = quote(qualified(of));
  const columns = partsOf(surroundings, of, "column");
  const typed = (write: (column: string, type: string) => string): string =>
    columns.map((one) => write(id(one.id.name), textOf(one, "type") ?? "")).join(", ");
  switch (of.kind) {
    case "enum": {
      const labels = partsOf(surroundings, of, "label").map((one) => escapeLiteral(one.id.name));
      return `CREATE TYPE ${name} AS ENUM (${labels.join(", ")})`;
    }
    case "domain": {
      const notNull = properties["notNull"] === true ? " NOT NULL" : "";
      return `CREATE DOMAIN ${name} AS ${textOf(object, "type") ?? ""}${notNull}`;
    }
    case "composite type":
      return `CREATE TYPE ${name} AS (${typed((column, type) => `${column} ${type}`)})`;
    case "sequence":
      return `CREATE SEQUENCE ${name}`;
    default:
      return `CREATE ${of.kind.toUpperCase()} ${name} AS
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
