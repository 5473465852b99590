import type { CopyStmt, VariableSetStmt } from "libpg-query";
import { outsideTransactions } from "../sql/outsideTransactions";
import type { Tree, TreeNode } from "../sql/tree";

/** Settings that a seed may only set to the values that the reading of the file relies on. */
const FIXED: Readonly<Record<string, RegExp>> = {
  client_encoding: /^utf-?8$/i,
  standard_conforming_strings: /^(on|true|yes|1)$/i,
  transaction_read_only: /^(off|false|no|0)$/i,
};

/** Why a statement cannot be in a seed; undefined where it can. */
export function refusedInSeed(node: Readonly<Record<string, unknown>>): string | undefined {
  const nodes: TreeNode = node;
  return (
    refusedControl(nodes) ??
    refusedOutside(node) ??
    (nodes.CopyStmt && refusedCopy(nodes.CopyStmt)) ??
    (nodes.VariableSetStmt && refusedSetting(nodes.VariableSetStmt))
  );
}

function refusedControl({ TransactionStmt, VariableSetStmt }: TreeNode): string | undefined {
  if (TransactionStmt !== undefined) {
    return `transaction control (${(TransactionStmt.kind ?? "").replace("TRANS_STMT_", "").replaceAll("_", " ")})`;
  }
  return VariableSetStmt?.kind === "VAR_SET_MULTI"
    ? `transaction control (SET ${VariableSetStmt.name ?? "TRANSACTION"})`
    : undefined;
}

function refusedOutside(node: Readonly<Record<string, unknown>>): string | undefined {
  const name = outsideTransactions(node);
  return name === undefined ? undefined : `${name}, which cannot run in a transaction`;
}

function refusedCopy(copy: Tree<CopyStmt>): string | undefined {
  if (copy.is_from !== true || copy.is_program === true || copy.filename !== undefined) {
    return "COPY that is not FROM stdin";
  }
  const isBinary = copy.options?.some(
    ({ DefElem }) => DefElem?.defname === "format" && DefElem.arg?.String?.sval === "binary",
  );
  return isBinary === true ? "COPY of binary rows" : undefined;
}

function refusedSetting({ name = "", args }: Tree<VariableSetStmt>): string | undefined {
  const allowed = FIXED[name.toLowerCase()];
  const value = args?.[0]?.A_Const?.sval?.sval;
  return allowed === undefined || value === undefined || allowed.test(value)
    ? undefined
    : `SET ${name} to ${value}`;
}
