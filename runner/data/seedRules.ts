import type { CopyStmt, VariableSetStmt } from "libpg-query";
import type { Tree, TreeNode } from "../sql/tree";

/** PostgreSQL runs none of these in a transaction. `PreventInTransactionBlock` in its sources. */
const OUTSIDE_TRANSACTIONS: Readonly<Record<string, string>> = {
  CreatedbStmt: "CREATE DATABASE",
  DropdbStmt: "DROP DATABASE",
  CreateTableSpaceStmt: "CREATE TABLESPACE",
  DropTableSpaceStmt: "DROP TABLESPACE",
  AlterSystemStmt: "ALTER SYSTEM",
  CreateSubscriptionStmt: "CREATE SUBSCRIPTION",
  DropSubscriptionStmt: "DROP SUBSCRIPTION",
};

const WHOLE_REINDEX: ReadonlySet<string> = new Set([
  "REINDEX_OBJECT_SCHEMA",
  "REINDEX_OBJECT_SYSTEM",
  "REINDEX_OBJECT_DATABASE",
]);

/** What a seed may not set, and the one value that it may: the file is read by these rules. */
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
    refusedOutside(node, nodes) ??
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

function refusedOutside(
  node: Readonly<Record<string, unknown>>,
  nodes: TreeNode,
): string | undefined {
  const name = Object.entries(OUTSIDE_TRANSACTIONS).find(([kind]) => kind in node)?.[1];
  const found = name ?? concurrentName(nodes) ?? maintenanceName(nodes);
  return found === undefined ? undefined : `${found}, which cannot run in a transaction`;
}

function concurrentName({
  IndexStmt,
  DropStmt,
  ReindexStmt,
  AlterTableStmt,
}: TreeNode): string | undefined {
  if (IndexStmt?.concurrent === true) {
    return "CREATE INDEX CONCURRENTLY";
  }
  if (DropStmt?.concurrent === true) {
    return "DROP INDEX CONCURRENTLY";
  }
  if (ReindexStmt?.params?.some(({ DefElem }) => DefElem?.defname === "concurrently") === true) {
    return "REINDEX CONCURRENTLY";
  }
  const detaches = AlterTableStmt?.cmds?.some(
    ({ AlterTableCmd }) => AlterTableCmd?.def?.PartitionCmd?.concurrent === true,
  );
  return detaches === true ? "DETACH PARTITION CONCURRENTLY" : undefined;
}

function maintenanceName({
  ReindexStmt,
  VacuumStmt,
  ClusterStmt,
  DiscardStmt,
}: TreeNode): string | undefined {
  if (ReindexStmt !== undefined && WHOLE_REINDEX.has(ReindexStmt.kind ?? "")) {
    return "REINDEX of more than a table";
  }
  if (VacuumStmt?.is_vacuumcmd === true) {
    return "VACUUM";
  }
  if (ClusterStmt !== undefined && ClusterStmt.relation === undefined) {
    return "CLUSTER of every table";
  }
  return DiscardStmt?.target === "DISCARD_ALL" ? "DISCARD ALL" : undefined;
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
