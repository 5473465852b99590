/**
 * How long what people wait for takes with many rows: status, drift, rollback with its archive, up, restore, and restore
 * again with one row deleted; each with a quarter, a half and the whole of the rows, so that growth can be seen. Run by hand:
 *
 *     npx tsx tests/bench/large.ts [rows of file_audit] [rows of each table of ours] [major]
 *
 * Asserts nothing: a time is no promise.
 */
import { performance } from "node:perf_hooks";
import { readProgress } from "../../cli/status/progress";
import { applyDirective } from "../../runner/actions/apply";
import { restoreArchive } from "../../runner/actions/restore";
import { rollbackDirective, tryRollback } from "../../runner/actions/rollback";
import { findDrift } from "../../runner/drift/findDrift";
import { withConnection } from "../../runner/postgres/connection";
import { isPostgresMajor } from "../../runner/postgres/majors";
import { applyRequest } from "../support/directive";
import { writeLargeData } from "../support/largeData";
import { startTestServer, type TestServer } from "../support/postgres";

type Times = Readonly<Record<string, number>>;

async function main(): Promise<void> {
  const [files = 200_000, others = 10_000, major = 17] = process.argv.slice(2).map(Number);
  if (!isPostgresMajor(major)) {
    throw new Error("no such major");
  }
  const server = await startTestServer({ major, settings: { fsync: "on" } });
  try {
    const parts = [0.25, 0.5, 1];
    const measured: Times[] = [];
    for (const part of parts) {
      measured.push(await measure(server, files * part, others * part));
    }
    const head = parts.map((part) => `${String(files * part)} + 5 x ${String(others * part)}`);
    console.log(line("seconds", head));
    for (const what of Object.keys(measured[0] ?? {})) {
      const seconds = measured.map((times) => ((times[what] ?? 0) / 1000).toFixed(2));
      console.log(line(what, seconds));
    }
  } finally {
    await server.stop();
  }
}

function line(what: string, cells: readonly string[]): string {
  return [what.padEnd(32), ...cells.map((cell) => cell.padStart(20))].join("");
}

async function measure(server: TestServer, files: number, others: number): Promise<Times> {
  const database = await server.createDatabase({ shape: "supabase", unprotected: true });
  const request = await applyRequest(database);
  const client = await database.connect();
  await applyDirective(request);
  await writeLargeData(client, { files, others });
  const read = (use: Parameters<typeof withConnection>[1]) => (): Promise<unknown> =>
    withConnection(request.connection, use);
  const steps: Readonly<Record<string, () => Promise<unknown>>> = {
    "status (its numbers)": read((one) => readProgress(one)),
    drift: read((one) => findDrift(one, request)),
    "rollback, tried": () => tryRollback(request),
    "rollback, with the archive": () => rollbackDirective(request),
    "up again": () => applyDirective(request),
    restore: () => restoreArchive(request),
    "restore, nothing missing": () => restoreArchive(request),
    "restore, one row deleted": async () => {
      await client.query("DELETE FROM v7_test_results WHERE component_tested = '1'");
      return await restoreArchive(request);
    },
  };
  const times: Record<string, number> = {};
  for (const [what, run] of Object.entries(steps)) {
    const start = performance.now();
    await run();
    times[what] = performance.now() - start;
    console.error(`${what}: ${times[what].toFixed(0)} ms`);
  }
  return times;
}

void main();
