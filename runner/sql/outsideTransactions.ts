import type { TreeNode } from "./tree";

/** Statements that PostgreSQL refuses in a transaction: `PreventInTransactionBlock` in its sources. */
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

/** The name of a statement that PostgreSQL refuses in a transaction, `VACUUM`; undefined for any other. */
export function outsideTransactions(node: Readonly<Record<string, unknown>>): string | undefined {
  const nodes: TreeNode = node;
  const name = Object.entries(OUTSIDE_TRANSACTIONS).find(([kind]) => kind in node)?.[1];
  return name ?? concurrentName(nodes) ?? maintenanceName(nodes);
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
