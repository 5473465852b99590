import type { Command } from "commander";
import type { ClientBase } from "pg";
import { withConnection } from "../runner/connection";
import { hasHistory, readHistory, type HistoryRow } from "../runner/history";
import { formatTable, print, printJson, type TableRow } from "./print";
import { connectionFromUrl, jsonOption, readOutputs, stackOption } from "./stack";

const DASHBOARD_COLUMNS = [
  "phase_number",
  "phase_name",
  "phase_status",
  "lead_persona",
  "total_tasks",
  "completed_tasks",
  "migrated_files",
  "enum_migrations",
  "highest_risk",
];

interface Status {
  readonly server: string;
  readonly history: readonly HistoryRow[];
  /** Undefined where the directive's view is not there. */
  readonly dashboard: readonly TableRow[] | undefined;
}

/** `v7 status`: the dashboard, and what stands in the history. Reads the live database. */
export function addStatus(program: Command): void {
  program
    .command("status")
    .description("show the dashboard and what stands in the history")
    .addOption(stackOption())
    .addOption(jsonOption())
    .action(async ({ stack, json }: { stack: string; json?: true }) => {
      const outputs = await readOutputs(stack);
      const connection = connectionFromUrl(outputs.databaseUrl);
      const status = await withConnection(connection, readStatus, { applicationName: "v7 status" });
      const { planDigest, schemaFingerprint, historyHead, drift } = outputs;
      if (json === true) {
        printJson({ stack, planDigest, schemaFingerprint, historyHead, drift, ...status });
        return;
      }
      const { host, port, databaseName } = connection;
      print(`Stack ${stack}: PostgreSQL ${status.server} at ${host}:${port}/${databaseName}`);
      print(`  plan digest         ${planDigest}`);
      print(`  schema fingerprint  ${schemaFingerprint}`);
      print(`  drift               ${drift.length === 0 ? "none" : ""}`);
      drift.forEach((line) => {
        print(`    ${line}`);
      });
      print(`\nHistory (${status.history.length} rows, chain verified)`);
      print(formatHistory(status.history));
      print("\nDashboard (v7_migration_dashboard)");
      print(
        status.dashboard === undefined
          ? "not there"
          : formatTable(DASHBOARD_COLUMNS, status.dashboard),
      );
      if (status.dashboard?.length === 0) {
        print("(no phases yet)");
      }
    });
}

async function readStatus(client: ClientBase): Promise<Status> {
  const { rows } = await client.query<{ server: string; dashboard: boolean }>(
    `SELECT current_setting('server_version') AS server,
            to_regclass('public.v7_migration_dashboard') IS NOT NULL AS dashboard`,
  );
  const history = (await hasHistory(client)) ? await readHistory(client) : [];
  const dashboard =
    rows[0]?.dashboard === true
      ? (await client.query<TableRow>("SELECT * FROM public.v7_migration_dashboard")).rows
      : undefined;
  return { server: rows[0]?.server ?? "", history, dashboard };
}

function formatHistory(history: readonly HistoryRow[]): string {
  const columns = ["#", "when", "action", "step", "kind", "bytes", "ms", "by"];
  return formatTable(
    columns,
    history.map((row) => ({
      "#": row.position,
      when: row.recordedAt.toISOString().slice(0, 19).replace("T", " "),
      action: row.action,
      step: row.stepId,
      kind: row.stepKind,
      bytes: `${row.stepSha256.slice(0, 12)}…`,
      ms: row.durationMs.toFixed(1),
      by: row.appliedBy,
    })),
  );
}
