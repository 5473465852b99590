import { fault } from "../base/fault";
import type { Statement, StepKind } from "../model";
import { parseStatement } from "../sql/expression";
import type { TreeNode } from "../sql/tree";
import type { ManifestStep } from "./manifestFile";

/** The only statement that a kind of step may hold. */
interface KindRule {
  /** For messages: `CREATE INDEX CONCURRENTLY`. */
  readonly name: string;
  readonly isAllowed: (tree: TreeNode, number: number) => boolean;
  /** Why a step of that kind holds nothing else. */
  readonly why: string;
}

const CONCURRENT: KindRule = {
  name: "CREATE INDEX CONCURRENTLY",
  isAllowed: ({ IndexStmt }) => IndexStmt?.concurrent === true,
  why: "such a step runs after the transaction",
};

const RULES: Partial<Record<StepKind, KindRule>> = {
  concurrent: CONCURRENT,
  value: {
    name: "ALTER TYPE ... ADD VALUE",
    isAllowed: ({ AlterEnumStmt: change }) =>
      change?.newVal !== undefined && change.oldVal === undefined,
    why: "the transaction is committed after such a step",
  },
  backfill: {
    name: "one UPDATE, DELETE, INSERT or MERGE with a LIMIT",
    isAllowed: (tree, number) =>
      Object.keys(tree).every((kind) => CHANGES_ROWS.includes(kind)) &&
      hasLimit(tree) &&
      number === 1,
    why: "such a step runs in batches until it changes no row",
  },
};

const CHANGES_ROWS: readonly string[] = ["UpdateStmt", "DeleteStmt", "InsertStmt", "MergeStmt"];

/** Whether a LIMIT or FETCH FIRST with a number is anywhere in the tree; LIMIT ALL and LIMIT NULL limit nothing. */
function hasLimit(value: unknown): boolean {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  const { limitCount } = value as { readonly limitCount?: TreeNode };
  return (
    (limitCount !== undefined && limitCount.A_Const?.isnull !== true) ||
    Object.values(value).some(hasLimit)
  );
}

/**
 * Refuses a step with a statement that its kind does not allow, and CREATE INDEX CONCURRENTLY in any other kind of step.
 *
 * @throws MANIFEST_INVALID
 */
export async function expectKind(
  { id, kind, file }: ManifestStep,
  directive: string,
  statements: readonly Statement[],
): Promise<void> {
  const rule = RULES[kind];
  const trees = await Promise.all(
    statements.map(({ bytes }) => parseStatement(bytes.toString("utf8"))),
  );
  const { isAllowed } = rule ?? CONCURRENT;
  const offending = statements.find(
    ({ number }, index) =>
      isAllowed((trees[index] ?? {}) as TreeNode, number) !== (rule !== undefined),
  );
  if (offending !== undefined || (kind === "backfill" && statements.length === 0)) {
    const { name, why } = rule ?? CONCURRENT;
    const where = `in statement ${String(offending?.number ?? 0)}`;
    throw fault("MANIFEST_INVALID", {
      what: `reading "sql/${directive}/${file}"`,
      found: `step "${id}" of kind ${kind}, and ${rule === undefined ? "" : "something else than "}${name} ${where}`,
      expected:
        rule === undefined ? "none: it cannot run in the transaction" : `nothing else: ${why}`,
      remedy: `Put ${name}, and nothing else, into steps of kind ${rule === undefined ? "concurrent" : kind}`,
    });
  }
}
