import { digestOf } from "../base/canonicalJson";
import type { Statement } from "../model";
import { parseStatement } from "./expression";

/** Where in the text a node was, by the parser. */
const POSITIONS: ReadonlySet<string> = new Set(["location", "stmt_location", "stmt_len"]);

/**
 * A digest of what statements say, whatever their white space and comments: the sha256 of their parse trees without
 * positions. Where a step that ran has other bytes now, it tells whether anything but those differs.
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
