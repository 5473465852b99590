import { digestOf } from "../base/canonicalJson";
import type { Statement } from "../model";

/** A node of PostgreSQL's parse tree: an object whose one key is its kind. */
export type ParsedNode = Readonly<Record<string, unknown>>;

/** The fields of a SELECT of one value in libpg-query's tree; one with more fields is not a plain value. */
const SELECT_FIELDS = ["targetList", "limitOption", "op"];

/**
 * An expression's parse tree; undefined where the text is not exactly one expression. The caller uses the text only as
 * {@link inParentheses} writes it, which is what is parsed.
 */
export async function parseExpression(text: string): Promise<ParsedNode | undefined> {
  return await parseValue(inParentheses(text));
}

/** The expression in parentheses. The line end keeps a comment at its end from hiding the closing parenthesis. */
export function inParentheses(text: string): string {
  return `(${text}\n)`;
}

/** A type's parse tree (`TypeName`); undefined where the text is not exactly the name of a type. */
export async function parseType(text: string): Promise<ParsedNode | undefined> {
  // A comment could hide what follows the type in a statement.
  const value = /--|\/\*/.test(text) ? undefined : await parseValue(`NULL::${text}`);
  const { arg, typeName } = (value?.["TypeCast"] ?? {}) as {
    arg?: ParsedNode;
    typeName?: ParsedNode;
  };
  const constant = arg?.["A_Const"] as { readonly isnull?: boolean } | undefined;
  return constant?.isnull === true ? typeName : undefined;
}

/** A statement's parse tree; undefined where the text is not exactly one statement. */
export async function parseStatement(text: string): Promise<ParsedNode | undefined> {
  const statements = await parseStatements(text);
  return statements?.length === 1 ? statements[0] : undefined;
}

/** The parse trees of all statements in a text; undefined where it is no SQL. */
export async function parseStatements(text: string): Promise<readonly ParsedNode[] | undefined> {
  const { parse } = await import("libpg-query");
  try {
    const { stmts = [] } = (await parse(text)) as { stmts?: readonly { stmt: ParsedNode }[] };
    return stmts.map(({ stmt }) => stmt);
  } catch {
    // The text is no SQL, or is nested too deeply for the parser.
    return undefined;
  }
}

async function parseValue(text: string): Promise<ParsedNode | undefined> {
  const select = (await parseStatement(`SELECT ${text}`))?.["SelectStmt"] as
    { readonly targetList?: readonly { readonly ResTarget: ParsedNode }[] } | undefined;
  const [target] = select?.targetList ?? [];
  if (
    select === undefined ||
    target === undefined ||
    select.targetList?.length !== 1 ||
    !Object.keys(select).every((field) => SELECT_FIELDS.includes(field)) ||
    !Object.keys(target.ResTarget).every((field) => field === "val" || field === "location")
  ) {
    return undefined;
  }
  return target.ResTarget["val"] as ParsedNode | undefined;
}

/** The fields of a parse tree with positions in the text. */
const POSITIONS: ReadonlySet<string> = new Set(["location", "stmt_location", "stmt_len"]);

/**
 * The sha256 of the statements' parse trees without positions, which white space and comments do not change. Where a step
 * that ran has other bytes now, it tells whether the statements differ, too.
 */
export async function syntaxDigest(statements: readonly Statement[]): Promise<string> {
  const trees = await Promise.all(
    statements.map(({ bytes }) => parseStatement(bytes.toString("utf8"))),
  );
  return digestOf(trees.map(withoutPositions));
}

function withoutPositions(node: unknown): unknown {
  if (Array.isArray(node)) {
    return node.map(withoutPositions);
  }
  if (typeof node !== "object" || node === null) {
    return node;
  }
  return Object.fromEntries(
    Object.entries(node)
      .filter(([name]) => !POSITIONS.has(name))
      .map(([name, value]) => [name, withoutPositions(value)]),
  );
}
