import { fault } from "../base/fault";
import type { Statement, StepKind } from "../model";
import { parseStatement } from "../sql/expression";
import type { TreeNode } from "../sql/tree";
import type { ManifestStep } from "./manifestFile";

/** What a kind of step is for, where that is not whatever a directive may run. */
interface KindRule {
  readonly name: string;
  readonly isOf: (tree: TreeNode, number: number) => boolean;
  /** What the step is, so that it takes nothing else. */
  readonly why: string;
}

const CONCURRENT: KindRule = {
  name: "CREATE INDEX CONCURRENTLY",
  isOf: ({ IndexStmt }) => IndexStmt?.concurrent === true,
  why: "such a step runs after the transaction",
};

const RULES: Partial<Record<StepKind, KindRule>> = {
  concurrent: CONCURRENT,
  value: {
    name: "ALTER TYPE ... ADD VALUE",
    isOf: ({ AlterEnumStmt: change }) =>
      change?.newVal !== undefined && change.oldVal === undefined,
    why: "the transaction is committed behind such a step",
  },
  backfill: {
    name: "one UPDATE, DELETE, INSERT or MERGE with a LIMIT",
    isOf: (tree, number) =>
      Object.keys(tree).every((kind) => CHANGES_ROWS.includes(kind)) &&
      hasLimit(tree) &&
      number === 1,
    why: "such a step runs in batches, again and again",
  },
};

const CHANGES_ROWS: readonly string[] = ["UpdateStmt", "DeleteStmt", "InsertStmt", "MergeStmt"];

/** Whether anywhere in this tree is a LIMIT, or FETCH FIRST, that is one: LIMIT ALL and LIMIT NULL are none. */
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
 * Refuses a step that holds something else than its kind is for, and what cannot run in a transaction in steps that do.
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
  const { isOf } = rule ?? CONCURRENT;
  const offending = statements.find(
    ({ number }, index) => isOf((trees[index] ?? {}) as TreeNode, number) !== (rule !== undefined),
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
