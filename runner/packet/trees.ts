import type { Statement, Step } from "../model";
import { parseStatement } from "../sql/expression";
import type { TreeNode } from "../sql/tree";

/** Returns a statement's parse tree, from which a packet takes drawings and counts. No SQL that runs is made from it. */
export type Trees = (statement: Pick<Statement, "bytes">) => TreeNode;

export async function readTrees(steps: readonly Pick<Step, "statements">[]): Promise<Trees> {
  const trees = new Map<string, TreeNode>();
  for (const { bytes } of steps.flatMap(({ statements }) => statements)) {
    const text = bytes.toString("utf8");
    trees.set(text, (await parseStatement(text)) ?? {});
  }
  return ({ bytes }) => trees.get(bytes.toString("utf8")) ?? {};
}
