import type { ClientBase } from "pg";
import { fault } from "../../runner/base/fault";
import type { Grant, GrantType } from "./grantShape";
import { literal, name, names } from "./sql";

/** What a GRANT names, and who owns it: only an owner may grant without a grant option. */
export interface GrantTarget {
  /** What stands after ON. */
  readonly on: string;
  /** What stands after each privilege: `("a", "b")` for columns. */
  readonly columns: string;
  readonly owners: readonly string[];
}

/** The plural that ALL … IN SCHEMA wants. */
const PLURALS: Readonly<Partial<Record<GrantType, string>>> = {
  table: "TABLES",
  sequence: "SEQUENCES",
  function: "FUNCTIONS",
  procedure: "PROCEDURES",
  routine: "ROUTINES",
};

export async function grantTarget(client: ClientBase, grant: Grant): Promise<GrantTarget> {
  const { database, schema, objectType, objects } = grant;
  const keyword = objectType === "column" ? "TABLE" : objectType.toUpperCase();
  const columns = objectType === "column" ? ` (${names(grant.columns)})` : "";
  const owners = await ownersOf(client, grant);
  switch (objectType) {
    case "database":
      return { on: `DATABASE ${name(database)}`, columns, owners };
    case "schema":
      return { on: `SCHEMA ${name(schema)}`, columns, owners };
    case "table":
    case "column":
    case "sequence":
    case "function":
    case "procedure":
    case "routine": {
      if (objects.length === 0) {
        return {
          on: `ALL ${PLURALS[objectType] ?? ""} IN SCHEMA ${name(schema)}`,
          columns,
          owners,
        };
      }
      const isRoutine = !["table", "column", "sequence"].includes(objectType);
      const quoted = isRoutine
        ? await routineNames(client, grant)
        : objects.map((one) => name(schema, one));
      return { on: `${keyword} ${quoted.join(", ")}`, columns, owners };
    }
  }
}

/**
 * Routines by the names that the server itself writes: a name alone where there is one of it, else with its arguments'
 * types, as `f(text, integer)`.
 */
async function routineNames(client: ClientBase, { schema, objects }: Grant): Promise<string[]> {
  const quoted: string[] = [];
  for (const object of objects) {
    const [alone, types] = splitSignature(object);
    const signature = types === undefined ? null : `${name(schema)}.${name(alone)}(${types})`;
    const { rows } = await client.query<{ quoted: string }>(
      `SELECT format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) AS quoted
         FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = $1 AND p.proname = $2
          AND ($3::text IS NULL OR p.oid = to_regprocedure($3))`,
      [schema, alone, signature],
    );
    const [only] = rows;
    if (only === undefined || rows.length > 1) {
      throw fault("STATEMENT_FAILED", {
        what: `looking for the function "${object}" in the schema "${schema}"`,
        found: rows.length === 0 ? "none" : `${String(rows.length)} of that name`,
        expected: "exactly one",
        remedy: "Write it with its arguments' types, as name(text, integer)",
      });
    }
    quoted.push(only.quoted);
  }
  return quoted;
}

/** `["f", "text, integer"]` of `f(text, integer)`, `["f", undefined]` of `f`. */
export function splitSignature(object: string): [name: string, types: string | undefined] {
  const open = object.indexOf("(");
  return open < 0 || !object.endsWith(")")
    ? [object, undefined]
    : [object.slice(0, open).trim(), object.slice(open + 1, -1)];
}

/** pg_database_owner has no member but the database's owner, and cannot be granted. */
const OWNER_NAME = `CASE WHEN o.rolname = 'pg_database_owner'
  THEN (SELECT pg_get_userbyid(d.datdba) FROM pg_catalog.pg_database d WHERE d.datname = current_database())
  ELSE o.rolname END`;

async function ownersOf(client: ClientBase, grant: Grant): Promise<string[]> {
  const { rows } = await client.query<{ owner: string }>(
    `SELECT DISTINCT ${OWNER_NAME} AS owner FROM (${ownerQuery(grant)}) AS target (oid)
       JOIN pg_catalog.pg_roles o ON o.oid = target.oid`,
  );
  return rows.map(({ owner }) => owner);
}

function ownerQuery({ objectType, database, schema, objects }: Grant): string {
  const inSchema = `IN (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = ${literal(schema)})`;
  const listed = (column: string): string =>
    objects.length === 0
      ? ""
      : ` AND ${column} IN (${objects.map((one) => literal(splitSignature(one)[0])).join(", ")})`;
  switch (objectType) {
    case "database":
      return `SELECT datdba FROM pg_catalog.pg_database WHERE datname = ${literal(database)}`;
    case "schema":
      return `SELECT nspowner FROM pg_catalog.pg_namespace WHERE nspname = ${literal(schema)}`;
    case "table":
    case "column":
      return `SELECT relowner FROM pg_catalog.pg_class
        WHERE relnamespace ${inSchema} AND relkind IN ('r', 'p', 'v', 'm', 'f')${listed("relname")}`;
    case "sequence":
      return `SELECT relowner FROM pg_catalog.pg_class
        WHERE relnamespace ${inSchema} AND relkind = 'S'${listed("relname")}`;
    case "function":
    case "procedure":
    case "routine":
      return `SELECT proowner FROM pg_catalog.pg_proc
        WHERE pronamespace ${inSchema}${listed("proname")}`;
  }
}
