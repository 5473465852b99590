import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Option, type Command } from "commander";
import type { ClientBase } from "pg";
import { CHECKOUT, places } from "../engine/paths";
import { readAllowedSigners } from "../runner/approval/files";
import { proveHistory, type ProvenRow } from "../runner/approval/proveHistory";
import { formatRows, formatTable } from "../runner/base/table";
import { UNPROVEN } from "../runner/drift/unprovenRows";
import { stateOf } from "../runner/history/begunSteps";
import { hasHistory, readHistory } from "../runner/history/history";
import type { HistoryRow } from "../runner/model";
import { pageHtml } from "../runner/pages/html/page";
import { withConnection } from "../runner/postgres/connection";
import { isProtected } from "../runner/postgres/protection";
import { serverVersion } from "../runner/postgres/serverVersion";
import { jsonOption, stackOption } from "./options";
import { clearScreen, print, printJson } from "./print";
import { connectionFromUrl, readLastUpdate, readOutputs, readSettings } from "./stack";
import { formatDashboard } from "./status/dashboard";
import { readProgress, type Progress } from "./status/progress";
import { progressPage } from "./status/progressPage";
import { formatProgress } from "./status/progressText";
import { recordedDrift } from "./status/recordedDrift";
import { lastRuns } from "./status/runs";
import { watch } from "./watch";

interface Status {
  readonly server: string;
  readonly history: readonly HistoryRow[];
  readonly isProtected: boolean;
  /** Undefined where one of the directive's tables is missing. */
  readonly progress: Progress | undefined;
}

const HELP = `
Reads the database and writes nothing to it. The page of --html shows the phases over time, tasks,
counts, and the last runs with their signers: one file without scripts, which loads nothing from the
network and prints well. --watch refreshes the output and the page every few seconds until Ctrl-C,
which ends it with exit code 0.

Exit codes:
  0  shown
  1  a fault: no such stack, or the server does not answer

Examples:
  npx v7 status
  npx v7 status --stack prod --html progress.html
`;

interface StatusOptions {
  readonly stack: string;
  readonly html?: string | true;
  readonly watch?: true;
  readonly json?: true;
}

export function addStatus(program: Command): void {
  program
    .command("status")
    .description("show the dashboard, the progress and the applied steps")
    .addOption(stackOption())
    .option("--html [file]", "also write the progress as a page; by default in .v7")
    .addOption(new Option("--watch", "refresh every few seconds").conflicts("json"))
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action((options: StatusOptions) =>
      options.watch === true ? watch(() => showStatus(options)) : showStatus(options),
    );
}

async function showStatus(options: StatusOptions): Promise<void> {
  const { stack, watch: isWatched, json } = options;
  const html = options.html === true ? join(places().own, `status-${stack}.html`) : options.html;
  const [outputs, last] = await Promise.all([readOutputs(stack), readLastUpdate(stack)]);
  const connection = connectionFromUrl(outputs.databaseUrl);
  const status = await withConnection(connection, readStatus, { applicationName: "v7 status" });
  const proofs = await proofsOf(stack, status);
  const { planDigest, schemaFingerprint, historyHead } = outputs;
  const drift = recordedDrift(outputs, last);
  if (html !== undefined) {
    const { progress, history } = status;
    const runs = lastRuns(history);
    mkdirSync(dirname(html), { recursive: true });
    writeFileSync(
      html,
      pageHtml(progressPage({ stack, readAt: new Date(), progress, drift, runs })),
    );
  }
  if (json === true) {
    printJson({
      stack,
      planDigest,
      schemaFingerprint,
      historyHead,
      drift: drift.state === "unknown" ? null : drift.lines,
      lastUpdate: last,
      ...status,
      proofs,
    });
    return;
  }
  const { host, port, databaseName } = connection;
  if (isWatched === true) {
    clearScreen();
  }
  print(`Stack ${stack}: PostgreSQL ${status.server} at ${host}:${port}/${databaseName}`, "bold");
  const lines = [
    ["", "plan digest", planDigest],
    ["", "fingerprint", schemaFingerprint],
    ["", "drift", drift.text],
    ...drift.lines.map((line) => ["", "", line]),
  ];
  print(formatRows(lines).join("\n"));
  printTables(status, proofs);
  if (html !== undefined) {
    print(`\nthe page: ${html}`);
  }
}

/** The proofs of the history's rows; undefined on an unprotected database, where no row needs one. */
async function proofsOf(
  stack: string,
  { history, isProtected: needsProof }: Status,
): Promise<readonly ProvenRow[] | undefined> {
  if (!needsProof || history.length === 0) {
    return undefined;
  }
  const { allowedSigners } = await readSettings(stack);
  return await proveHistory(history, () => readAllowedSigners(resolve(CHECKOUT, allowedSigners)));
}

function printTables({ history, progress }: Status, proofs?: readonly ProvenRow[]): void {
  const unproven = (proofs ?? []).filter(({ problem }) => problem !== undefined);
  const proven =
    proofs === undefined
      ? ""
      : unproven.length === 0
        ? ", each row proven"
        : `, ${unproven.length} without a valid proof`;
  print(`\nHistory (${history.length} rows, chain verified${proven})`, "bold");
  print(formatHistory(history));
  for (const { position, problem = "" } of unproven) {
    print(`  row ${position}: ${UNPROVEN}: ${problem}`);
  }
  print("\nDashboard (counted here: the view v7_migration_dashboard may take hours)", "bold");
  if (progress === undefined) {
    print("not there");
    return;
  }
  print(formatDashboard(progress.dashboard));
  if (progress.dashboard.length === 0) {
    print("(no phases yet)");
  }
  print(`\n${formatProgress(progress)}`);
}

async function readStatus(client: ClientBase): Promise<Status> {
  const history = (await hasHistory(client)) ? await readHistory(client) : [];
  return {
    server: await serverVersion(client),
    history,
    isProtected: await isProtected(client),
    progress: await readProgress(client),
  };
}

function formatHistory(history: readonly HistoryRow[]): string {
  const columns = ["#", "when", "action", "step", "bytes", "ms", "by"];
  return formatTable(
    columns,
    history.map((row) => ({
      "#": row.position,
      when: row.recordedAt.toISOString().slice(0, 16).replace("T", " "),
      action: [row.action, stateOf(row) ?? []].flat().join(", "),
      step: `${row.directive} ${row.stepId}`,
      bytes: `${row.stepSha256.slice(0, 8)}…`,
      ms: row.durationMs.toFixed(0),
      by: row.appliedBy,
    })),
  );
}
