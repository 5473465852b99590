import { escapeIdentifier } from "pg";
import { parseStatement, type ParsedNode } from "../sql/expression";
import { MAX_EXPRESSION_CHARACTERS } from "./bounds";

// The parse trees of the parts of definitions that the server writes: each is parsed in a statement that has nothing else.

/** The parsed text; undefined where it is longer than any that a rehearsal parses, or cannot be parsed. */
export async function parsed(
  text: string,
  parse: (text: string) => Promise<ParsedNode | undefined>,
): Promise<ParsedNode | undefined> {
  return text.length > MAX_EXPRESSION_CHARACTERS ? undefined : await parse(text);
}

/** Of what follows PARTITION BY; undefined where the text is something else. */
export async function parsePartitionKey(text: string): Promise<ParsedNode | undefined> {
  const statement = await parsed(`CREATE TABLE t () PARTITION BY ${text}`, parseStatement);
  const { partspec, ...rest } = (statement?.["CreateStmt"] ?? {}) as ParsedNode;
  return Object.keys(rest).every((field) => field === "relation" || field === "oncommit")
    ? (partspec as ParsedNode | undefined)
    : undefined;
}

/** Of a partition's bound, what follows its name in ATTACH PARTITION. */
export async function parseBound(text: string): Promise<ParsedNode | undefined> {
  const { PartitionCmd } = await parseCommand(`ATTACH PARTITION p ${text}`);
  return PartitionCmd?.["bound"] as ParsedNode | undefined;
}

/** Of a constraint's definition, without its name. */
export async function parseConstraint(text: string): Promise<ParsedNode | undefined> {
  return (await parseCommand(`ADD CONSTRAINT k ${text}`)).Constraint;
}

/** The columns of a primary or unique key; undefined for any other constraint, and for a key that is a period. */
export async function keyColumns(text: string): Promise<readonly string[] | undefined> {
  const { contype, keys = [] } = (await parseConstraint(text)) ?? {};
  return contype === "CONSTR_PRIMARY" || contype === "CONSTR_UNIQUE"
    ? (keys as readonly { readonly String: { readonly sval: string } }[]).map(
        ({ String: { sval } }) => sval,
      )
    : undefined;
}

/** Of a routine, from the server's own CREATE without the body; undefined where the text is something else. */
export async function parseRoutine(definition: string): Promise<ParsedRoutine | undefined> {
  const [head = ""] = definition.split("\n LANGUAGE ");
  const statement = await parsed(`${head} LANGUAGE sql AS ''`, parseStatement);
  return statement?.["CreateFunctionStmt"] as ParsedRoutine | undefined;
}

export interface ParsedRoutine {
  readonly parameters?: readonly {
    readonly FunctionParameter: {
      readonly name?: string;
      readonly argType: ParsedNode;
      readonly mode: string;
    };
  }[];
  readonly returnType?: ParsedNode;
}

/** A type's name with each of its parts quoted; undefined where it has others than a name and dimensions. */
export function typeText(type: ParsedNode): string | undefined {
  const names = namesOf(type["names"]);
  const dimensions = Array.isArray(type["arrayBounds"]) ? type["arrayBounds"] : [];
  return names
    ?.map((name) => escapeIdentifier(name))
    .join(".")
    .concat("[]".repeat(dimensions.length));
}

interface Definition {
  readonly PartitionCmd?: ParsedNode;
  readonly Constraint?: ParsedNode;
}

/** What the only command of an ALTER TABLE defines. */
async function parseCommand(text: string): Promise<Definition> {
  const statement = await parsed(`ALTER TABLE t ${text}`, parseStatement);
  const { cmds = [] } = (statement?.["AlterTableStmt"] ?? {}) as {
    readonly cmds?: readonly { readonly AlterTableCmd: { readonly def?: Definition } }[];
  };
  return cmds.length === 1 ? (cmds[0]?.AlterTableCmd.def ?? {}) : {};
}

/** The first number in the type's parentheses, or 0; undefined where there is something else than numbers. */
export function typeSize(typmods: unknown): number | undefined {
  const numbers = ((typmods ?? []) as readonly ParsedNode[]).map((one) => {
    const constant = one["A_Const"] as { readonly ival?: { readonly ival?: number } } | undefined;
    return constant?.ival === undefined ? undefined : (constant.ival.ival ?? 0);
  });
  return numbers.includes(undefined) ? undefined : (numbers[0] ?? 0);
}

/** The last part of a name without a schema, or with pg_catalog as its schema. */
export function catalogName(value: unknown): string | undefined {
  const names = namesOf(value);
  return names?.length === 1 || names?.[0] === "pg_catalog" ? names.at(-1) : undefined;
}

/** The one or two names of a list; undefined for any other value. */
export function namesOf(value: unknown): readonly string[] | undefined {
  const names = (Array.isArray(value) ? value : []).map(
    (one: { readonly String?: { readonly sval?: string } }) => one.String?.sval,
  );
  return (names.length === 1 || names.length === 2) && !names.includes(undefined)
    ? (names as readonly string[])
    : undefined;
}

/** Whether the check passes; false where the expression is nested too deeply for this process's stack. */
export function guarded(isAllowed: () => boolean): boolean {
  try {
    return isAllowed();
  } catch (error) {
    if (error instanceof RangeError) {
      return false;
    }
    throw error;
  }
}
