import { fault } from "../base/fault";
import type { Statement } from "../model";
import type { TreeNode } from "../sql/tree";
import type { ManifestStep } from "./manifestFile";

/** The runner's one transaction is what makes a failure leave nothing behind: no file may end it. */
export function refuseTransactionControl(
  directive: string,
  name: string,
  statements: readonly Statement[],
): void {
  const offending = statements.find((statement) => statement.kind === "TransactionStmt");
  if (offending !== undefined) {
    throw fault("MANIFEST_INVALID", {
      what: `reading "sql/${directive}/${name}"`,
      found: `transaction control in statement ${String(offending.number)}`,
      expected: "none: the runner opens and ends the one transaction",
      remedy: "Take BEGIN, COMMIT, ROLLBACK and SAVEPOINT out of the file",
    });
  }
}

/** What cannot run in a transaction is in steps of its own kind, and nothing else is. */
export function expectConcurrent(
  { id, kind, file }: ManifestStep,
  directive: string,
  statements: readonly Statement[],
): void {
  const isConcurrent = ({ node }: Statement): boolean =>
    (node as TreeNode).IndexStmt?.concurrent === true;
  const wanted = kind === "concurrent";
  const offending = statements.find((statement) => isConcurrent(statement) !== wanted);
  if (offending !== undefined) {
    throw fault("MANIFEST_INVALID", {
      what: `reading "sql/${directive}/${file}"`,
      found: `step "${id}" of kind ${kind}, and ${wanted ? "something else than " : ""}CREATE INDEX CONCURRENTLY in statement ${String(offending.number)}`,
      expected: wanted
        ? "nothing else: such a step runs after the transaction"
        : "none: it cannot run in the transaction",
      remedy: "Put CREATE INDEX CONCURRENTLY, and nothing else, into steps of kind concurrent",
    });
  }
}
