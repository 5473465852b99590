import type { ClientBase } from "pg";
import { escapeIdentifier as id } from "pg";
import type { ObjectId } from "../model";
import { quote } from "../postgres/names";
import { quoted, typeRefusal, type Rebuilder } from "./rebuilder";

/** An object of others, besides tables, that the plan needs: its interface is rebuilt, without its code. */
export interface StandIn {
  readonly kind: "view" | "function" | "composite type" | "sequence";
  readonly schema: string;
  readonly name: string;
  readonly owner: string;
  /** The columns of a view or a composite type, in order. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** The types of a function's arguments. */
  readonly arguments: readonly string[];
  readonly returns: string | null;
  readonly isSet: boolean;
}

const RELATIONS: readonly string[] = ["view", "materialized view", "composite type", "sequence"];

/** Reads the needed objects' interfaces: names and types of columns and arguments. */
export async function readStandIns(
  client: ClientBase,
  needed: readonly ObjectId[],
): Promise<readonly StandIn[]> {
  const relations = needed.filter(({ kind }) => RELATIONS.includes(kind));
  const routines = needed.filter(({ kind }) => kind === "function");
  const { rows } = await client.query<{ row: StandIn }>(QUERY, [
    relations.map(({ schema }) => schema ?? ""),
    relations.map(({ name }) => name),
    routines.map(({ schema }) => schema ?? ""),
    routines.map(({ name }) => name),
  ]);
  return rows.map(({ row }) => row);
}

/**
 * Makes objects with the same interface and owner: a view without its query and rows, a function that returns NULL, a type,
 * a sequence that starts at 1. Notes what is missing of views and functions.
 *
 * @param superuser gives them to their owners
 * @param builder the session of a role without privileges
 */
export async function rebuildStandIns(
  superuser: Rebuilder,
  builder: Rebuilder,
  standIns: readonly StandIn[],
): Promise<void> {
  for (const one of standIns) {
    const what = `${one.kind} ${quoted(one.schema, one.name)}`;
    const types = [...one.columns.map(({ type }) => type), ...one.arguments, one.returns ?? "text"];
    const refusal = await typeRefusal(
      ...types.filter((type) => type !== "trigger" && type !== "void"),
    );
    if (await builder.attempt(what, statementFor(one), refusal)) {
      await superuser.client.query(`ALTER ${referenceTo(one)} OWNER TO ${id(one.owner)}`);
      builder.omitted.push(...AS_OUTSIDE[one.kind].map((as) => `${what}: ${as}`));
    }
  }
}

const AS_OUTSIDE: Readonly<Record<StandIn["kind"], readonly string[]>> = {
  view: ["its query; it is there without rows"],
  function: ["its body; it is there and returns NULL"],
  "composite type": [],
  sequence: [],
};

function referenceTo({ kind, schema, name, arguments: types }: StandIn): string {
  const quoted = quote({ schema, name });
  return kind === "function"
    ? `FUNCTION ${quoted}(${types.join(", ")})`
    : `${kind === "composite type" ? "TYPE" : kind.toUpperCase()} ${quoted}`;
}

function statementFor({ kind, schema, name, columns, ...routine }: StandIn): string {
  switch (kind) {
    case "view":
      return `CREATE VIEW ${quote({ schema, name })} AS SELECT ${columns
        .map((column) => `NULL::${column.type} AS ${id(column.name)}`)
        .join(", ")} WHERE false`;
    case "composite type":
      return `CREATE TYPE ${quote({ schema, name })} AS (${columns
        .map((column) => `${id(column.name)} ${column.type}`)
        .join(", ")})`;
    case "sequence":
      return `CREATE SEQUENCE ${quote({ schema, name })}`;
    case "function": {
      const returns = `${routine.isSet ? "SETOF " : ""}${routine.returns ?? "void"}`;
      const body = routine.isSet || returns === "void" ? "RETURN;" : "RETURN NULL;";
      return `CREATE FUNCTION ${quote({ schema, name })}(${routine.arguments.join(", ")}) RETURNS ${returns}
        LANGUAGE plpgsql IMMUTABLE AS 'BEGIN ${body} END'`;
    }
  }
}

/** Parameters, as text[]: $1, $2 schemas and names of relations; $3, $4 of functions, with the types of their arguments. */
const QUERY = `
  SELECT jsonb_build_object('kind', CASE c.relkind WHEN 'c' THEN 'composite type' WHEN 'S' THEN 'sequence' ELSE 'view' END,
    'schema', n.nspname, 'name', c.relname, 'owner', pg_get_userbyid(c.relowner), 'arguments', '[]'::jsonb, 'returns', NULL, 'isSet', false,
    'columns', CASE WHEN c.relkind = 'S' THEN '[]' ELSE coalesce((
      SELECT jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]') END) AS row
    FROM unnest($1::text[], $2::text[]) AS named(schema, name)
    JOIN pg_namespace n ON n.nspname = named.schema
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = named.name
   WHERE c.relkind IN ('v', 'm', 'c', 'S')
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i'))
  UNION ALL
  SELECT jsonb_build_object('kind', 'function', 'schema', n.nspname, 'name', f.proname, 'owner', pg_get_userbyid(f.proowner), 'columns', '[]'::jsonb,
    'arguments', coalesce((SELECT jsonb_agg(format_type(t, NULL) ORDER BY o) FROM unnest(f.proargtypes) WITH ORDINALITY x(t, o)), '[]'),
    'returns', format_type(f.prorettype, NULL), 'isSet', f.proretset)
    FROM unnest($3::text[], $4::text[]) AS named(schema, name)
    JOIN pg_namespace n ON n.nspname = named.schema
    JOIN pg_proc f ON f.pronamespace = n.oid AND f.prokind = 'f'
     AND quote_ident(f.proname) || '(' || oidvectortypes(f.proargtypes) || ')' = named.name`;
