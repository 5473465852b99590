/** A node of PostgreSQL's parse tree: an object whose one key is its kind. */
export type ParsedNode = Readonly<Record<string, unknown>>;

/** What a SELECT of one value has, as libpg-query writes it; anything more is no plain value. */
const SELECT_FIELDS = ["targetList", "limitOption", "op"];

/**
 * An expression's parse tree; undefined where the text is anything but one expression. The text holds where it is put
 * in parentheses, a line end before the closing one, as in {@link inParentheses}.
 */
export async function parseExpression(text: string): Promise<ParsedNode | undefined> {
  return await parseValue(inParentheses(text));
}

/** The expression as a statement has it: a comment at its end swallows nothing of what follows. */
export function inParentheses(text: string): string {
  return `(${text}\n)`;
}

/** A type's parse tree (`TypeName`); undefined where the text is anything but the name of a type. */
export async function parseType(text: string): Promise<ParsedNode | undefined> {
  // A comment could hide what follows the type in a statement.
  const value = /--|\/\*/.test(text) ? undefined : await parseValue(`NULL::${text}`);
  const { arg, typeName } = (value?.["TypeCast"] ?? {}) as { arg?: ParsedNode; typeName?: ParsedNode };
  const constant = arg?.["A_Const"] as { readonly isnull?: boolean } | undefined;
  return constant?.isnull === true ? typeName : undefined;
}

/** The one statement's parse tree; undefined where the text is anything but one statement. */
export async function parseStatement(text: string): Promise<ParsedNode | undefined> {
  const { parse } = await import("libpg-query");
  try {
    const { stmts = [] } = (await parse(text)) as { stmts?: readonly { stmt: ParsedNode }[] };
    return stmts.length === 1 ? stmts[0]?.stmt : undefined;
  } catch {
    // No SQL, or nested deeper than the parser's stack.
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
