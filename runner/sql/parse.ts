import { digestOf } from "../base/canonicalJson";
import type { Statement } from "../model";
import { parseStatement } from "./expression";

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
