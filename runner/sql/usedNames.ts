import type { QualifiedName } from "../model";
import { parseStatements } from "./expression";
import { qualifiedName, textsOf, type TreeNode } from "./tree";

/** What a name in a statement can be the name of. */
export interface UsedName extends QualifiedName {
  readonly what: "routine" | "type" | "relation" | "operator" | "collation";
}

/**
 * The names that a statement uses, and the code of its functions and blocks. Code in another language than SQL is read word
 * by word, which may give more names than it uses, never fewer; a name that the code builds from pieces is not found.
 */
export async function usedNames(statement: string): Promise<readonly UsedName[]> {
  const trees = (await parseStatements(statement)) ?? [];
  const ofCode = await Promise.all(
    trees.flatMap(codeIn).map(async ({ code, language }) => {
      const parsed = language === "sql" ? await parseStatements(code) : undefined;
      return parsed?.flatMap(namesIn) ?? namesInCode(code);
    }),
  );
  return [...trees.flatMap(namesIn), ...ofCode.flat()];
}

/** The fields that make a node the use of a name. */
type Naming = Partial<
  Record<"funcname" | "names" | "name" | "operName" | "collname", readonly TreeNode[]>
> & {
  readonly typemod?: number;
  readonly pct_type?: boolean;
  readonly relname?: string;
  readonly schemaname?: string;
};

/** The names in a parse tree. Nodes are known by their fields: in most places the tree does not say their kinds. */
function namesIn(node: unknown): readonly UsedName[] {
  if (typeof node !== "object" || node === null) {
    return [];
  }
  const { funcname, names, typemod, pct_type, relname, operName, collname } = node as Naming;
  const { name: operator } = ("A_Expr" in node ? node.A_Expr : {}) as Naming;
  return [
    ...named("routine", funcname),
    ...(pct_type === true
      ? named("relation", names?.slice(0, -1))
      : named("type", typemod === undefined ? undefined : names)),
    ...named("operator", operator ?? operName),
    ...named("collation", collname),
    ...(relname === undefined ? [] : [{ what: "relation" as const, ...qualifiedName(node) }]),
    ...Object.values(node).flatMap(namesIn),
  ];
}

function named(what: UsedName["what"], parts?: readonly TreeNode[]): readonly UsedName[] {
  return parts === undefined ? [] : [usedName(what, textsOf(parts))];
}

/** A name without a schema means one in public: a directive's search path. */
function usedName(what: UsedName["what"], parts: readonly string[]): UsedName {
  return { what, schema: parts.at(-2) ?? "public", name: parts.at(-1) ?? "" };
}

interface Code {
  readonly code: string;
  readonly language: string;
}

/** The code of a CREATE FUNCTION, a CREATE PROCEDURE or a DO block. */
function codeIn(tree: TreeNode): readonly Code[] {
  const options = tree.CreateFunctionStmt?.options ?? tree.DoStmt?.args ?? [];
  const texts = (called: string): readonly string[] =>
    options.flatMap(({ DefElem: { defname, arg } = {} }) =>
      defname === called ? textsOf(arg?.List?.items ?? (arg === undefined ? [] : [arg])) : [],
    );
  const [language = "plpgsql"] = texts("language");
  return texts("as").map((code) => ({ code, language }));
}

/** A name, perhaps with its schema, and whether an argument list may follow. */
const NAME =
  /((?:[\p{L}_][\p{L}\p{N}_$]*|"(?:[^"]|"")+")(?:\s*\.\s*(?:[\p{L}_][\p{L}\p{N}_$]*|"(?:[^"]|"")+"))*)(\s*\()?/gu;
const PART = /"(?:[^"]|"")+"|[^."\s]+/g;

/** The names in code that is not parsed: each may be that of a type or a relation; before a parenthesis, of a routine. */
function namesInCode(code: string): readonly UsedName[] {
  return [...code.matchAll(NAME)].flatMap(([, name = "", argumentsFollow]) => {
    const parts = (name.match(PART) ?? []).map((part) =>
      part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part.toLowerCase(),
    );
    const routine = argumentsFollow === undefined ? [] : [usedName("routine", parts)];
    return [...routine, usedName("type", parts), usedName("relation", parts)];
  });
}
