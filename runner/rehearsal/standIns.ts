import { escapeIdentifier as id, escapeLiteral } from "pg";
import type { ObjectId } from "../model";
import { quote } from "../postgres/names";
import { quoted, typeRefusal, Rebuilder } from "./rebuilder";

/** An object of others, besides tables, that the plan needs: its interface is rebuilt, without its code. */
export interface StandIn {
  readonly kind:
    "view" | "materialized view" | "function" | "procedure" | "composite type" | "sequence";
  readonly schema: string;
  readonly name: string;
  readonly owner: string;
  /** The columns of a view, a materialized view or a composite type, in order. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** A routine's arguments and the columns of its result. */
  readonly arguments: readonly RoutineArgument[];
  readonly returns: string | null;
  readonly isSet: boolean;
  /** The column that a sequence belongs to and gives the default of, where its table is rebuilt. */
  readonly ownedBy:
    | {
        readonly schema: string;
        readonly name: string;
        readonly column: string;
      }
    | null
    | undefined;
}

/** With PostgreSQL's letter of its mode: i in, o out, b both, v variadic, t a column of RETURNS TABLE. */
interface RoutineArgument {
  readonly mode: string;
  readonly name: string;
  readonly type: string;
}

const MODES: Readonly<Record<string, string>> = { o: "OUT", b: "INOUT", v: "VARIADIC" };

export const ROUTINES: readonly string[] = ["function", "procedure"];
export const RELATIONS: readonly string[] = [
  "view",
  "materialized view",
  "composite type",
  "sequence",
];

/**
 * Makes those stand-ins that can be made yet, and notes nothing of the others: they need a type, or a table's row type, that is
 * not there yet.
 *
 * @returns the others
 */
export async function rebuildFree(
  superuser: Rebuilder,
  builder: Rebuilder,
  standIns: readonly StandIn[],
): Promise<readonly StandIn[]> {
  const waiting: StandIn[] = [];
  for (const one of standIns) {
    const tried = new Rebuilder(builder.client, []);
    await rebuildStandIns(superuser, tried, [one]);
    if (tried.omitted.some((line) => line.endsWith(MISSING_TYPE))) {
      waiting.push(one);
    } else {
      builder.omitted.push(...tried.omitted);
    }
  }
  return waiting.length === 0 || waiting.length === standIns.length
    ? waiting
    : await rebuildFree(superuser, builder, waiting);
}

const MISSING_TYPE = "SQLSTATE 42704";

/** Whether only the interface of a needed object is rebuilt, without its code. */
export function isCode({ kind }: ObjectId): boolean {
  return ["view", "materialized view", "publication", ...ROUTINES].includes(kind);
}

/**
 * Makes objects with the same interface and owner: a view without its query and rows, a function that returns NULL, a procedure
 * that does nothing, a type, a sequence that starts at 1. Notes what is missing of views and functions.
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
    const types = [...one.columns, ...one.arguments].map(({ type }) => type);
    const refusal = await typeRefusal(
      ...[...types, one.returns ?? "text"].filter((type) => type !== "trigger" && type !== "void"),
    );
    if (await builder.attempt(what, statementFor(one), refusal)) {
      if (one.ownedBy) {
        // Its table is its owner's, later.
        continue;
      }
      if (one.kind === "materialized view") {
        await makeRefreshable(builder, one);
      }
      await superuser.client.query(`ALTER ${referenceTo(one)} OWNER TO ${id(one.owner)}`);
      builder.omitted.push(...AS_OUTSIDE[one.kind].map((as) => `${what}: ${as}`));
    }
  }
}

/** REFRESH … CONCURRENTLY needs a unique index. Not every type can have one. */
async function makeRefreshable(
  builder: Rebuilder,
  { columns: [first], ...name }: StandIn,
): Promise<void> {
  if (first !== undefined) {
    await builder.canRun(
      `CREATE UNIQUE INDEX ${id(`v7 ${name.name}`)} ON ${quote(name)} (${id(first.name)})`,
    );
  }
}

/** Gives sequences to the columns that they belong to, once the tables are there. */
export async function attachSequences(
  builder: Rebuilder,
  standIns: readonly StandIn[],
): Promise<void> {
  for (const { ownedBy, ...one } of standIns) {
    if (ownedBy) {
      const [sequence, table, column] = [quote(one), quote(ownedBy), id(ownedBy.column)];
      await builder.attempt(
        `owner of sequence ${quoted(one.schema, one.name)}`,
        `ALTER SEQUENCE ${sequence} OWNED BY ${table}.${column};
         ALTER TABLE ${table} ALTER COLUMN ${column} SET DEFAULT nextval(${escapeLiteral(sequence)})`,
      );
    }
  }
}

const AS_OUTSIDE: Readonly<Record<StandIn["kind"], readonly string[]>> = {
  view: ["its query; it is there without rows"],
  "materialized view": ["its query; it is there without rows"],
  function: ["its body; it is there and returns NULL"],
  procedure: ["its body; it is there and does nothing"],
  "composite type": [],
  sequence: [],
};

function referenceTo({ kind, schema, name, arguments: all }: StandIn): string {
  const types = all.filter(({ mode }) => mode !== "o" && mode !== "t").map(({ type }) => type);
  const quoted = quote({ schema, name });
  return ROUTINES.includes(kind)
    ? `${kind.toUpperCase()} ${quoted}(${types.join(", ")})`
    : `${kind === "composite type" ? "TYPE" : kind.toUpperCase()} ${quoted}`;
}

function statementFor({ kind, schema, name, columns, ...routine }: StandIn): string {
  switch (kind) {
    case "view":
    case "materialized view":
      return `CREATE ${kind.toUpperCase()} ${quote({ schema, name })} AS SELECT ${columns
        .map((column) => `NULL::${column.type} AS ${id(column.name)}`)
        .join(", ")} WHERE false`;
    case "composite type":
      return `CREATE TYPE ${quote({ schema, name })} AS (${typed(columns)})`;
    case "sequence":
      return `CREATE SEQUENCE ${quote({ schema, name })}`;
    case "procedure":
      return `CREATE PROCEDURE ${quote({ schema, name })}(${argumentsOf(routine)})
        LANGUAGE plpgsql AS 'BEGIN RETURN; END'`;
    case "function": {
      const columns = routine.arguments.filter(({ mode }) => mode === "t");
      const hasOut = routine.arguments.some(({ mode }) => mode === "o" || mode === "b");
      const result =
        columns.length > 0
          ? `RETURNS TABLE (${typed(columns)})`
          : hasOut && !routine.isSet
            ? ""
            : `RETURNS ${routine.isSet ? "SETOF " : ""}${routine.returns ?? "void"}`;
      const isBare = routine.isSet || hasOut || routine.returns === "void";
      return `CREATE FUNCTION ${quote({ schema, name })}(${argumentsOf(routine)}) ${result}
        LANGUAGE plpgsql IMMUTABLE AS 'BEGIN ${isBare ? "RETURN;" : "RETURN NULL;"} END'`;
    }
  }
}

function typed(columns: StandIn["columns"]): string {
  return columns.map(({ name, type }) => `${id(name)} ${type}`).join(", ");
}

function argumentsOf(routine: Pick<StandIn, "arguments">): string {
  return routine.arguments
    .filter(({ mode }) => mode !== "t")
    .map(({ mode, name, type }) => [MODES[mode], name && id(name), type].filter(Boolean).join(" "))
    .join(", ");
}
