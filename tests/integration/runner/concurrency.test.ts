import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { verifyDatabase } from "../../../runner/drift/verify";
import { hasHistory, readHistory } from "../../../runner/history/history";
import { withConnection } from "../../../runner/postgres/connection";
import { applyRequest, connectionOf } from "../../support/directive";
import { startTestServer, type TestDatabase, type TestServer } from "../../support/postgres";

const RUNNERS = 100;
const KILLS = 50;
/** A whole run takes about so long on an idle machine: a moment after that finds it done. */
const LAST_MOMENT_MILLISECONDS = 400;

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ major: 17 });
});

afterAll(async () => {
  await server.stop();
});

it(`applies once, and all end well, with ${RUNNERS} runners at once on a server for 100 connections`, async () => {
  const database = await server.createDatabase({ shape: "supabase" });
  const request = await applyRequest(database);
  const results = await Promise.all(Array.from({ length: RUNNERS }, () => applyDirective(request)));
  const executed = results.map((result) => result.executed.length).filter((count) => count > 0);
  expect(executed).toStrictEqual([request.steps.length]);
  expect(new Set(results.map((result) => result.historyHead)).size).toBe(1);
  expect(await withConnection(request.connection, readHistory)).toHaveLength(
    request.steps.length + 1,
  );
}, 180_000);

it(`is right after the next run, with a runner killed at ${KILLS} random moments of applying`, async () => {
  const outcomes: string[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const database = await server.createDatabase({ shape: "supabase", unprotected: true });
    outcomes.push(await killed("apply", database, randomInt(LAST_MOMENT_MILLISECONDS)));
    const request = await applyRequest(database);
    await applyDirective(request);
    const history = await withConnection(request.connection, readHistory);
    expect(history.map((row) => row.stepId)).toStrictEqual([
      ...request.steps.map(({ id }) => id),
      "access",
    ]);
    const { differences } = await withConnection(request.connection, (client) =>
      verifyDatabase(client, request),
    );
    expect(differences.filter(({ object }) => !/^(privileges|role) /.test(object))).toStrictEqual(
      [],
    );
  }
  // Some moments must have been in the middle, or this showed nothing.
  expect(outcomes).toContain("nothing yet");
}, 300_000);

it(`loses no row with a runner killed at ${KILLS} random moments of rolling back`, async () => {
  for (let kill = 0; kill < KILLS; kill++) {
    const database = await server.createDatabase({ shape: "supabase" });
    const request = await applyRequest(database);
    await applyDirective(request);
    const client = await database.connect();
    await client.query(
      "INSERT INTO v7_test_results (test_type, component_tested, test_status) SELECT 'unit', n::text, 'pass' FROM generate_series(1, 500) n",
    );
    await killed("rollback", database, randomInt(LAST_MOMENT_MILLISECONDS));
    await rollbackDirective(request);
    const { rows } = await client.query<{ name: string }>(
      "SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = 'v7_archive'::regnamespace AND c.relname LIKE 'v7_test_results%' AND c.relkind = 'r'",
    );
    expect(rows).toHaveLength(1);
    const count = await client.query<{ count: string }>(
      `SELECT count(*) FROM v7_archive."${rows[0]?.name ?? ""}"`,
    );
    expect(count.rows[0]?.count).toBe("500");
    expect(await hasHistory(client)).toBe(true);
    await client.end();
  }
}, 300_000);

/** Starts a runner in a process of its own, kills it so many milliseconds after it began, and says what it had done. */
async function killed(
  action: string,
  database: TestDatabase,
  milliseconds: number,
): Promise<string> {
  const script = join(__dirname, "..", "..", "support", "runnerProcess.cjs");
  const child = spawn(process.execPath, [script, action, JSON.stringify(connectionOf(database))], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  const ready = new Promise<void>((resolve) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      resolve();
    });
  });
  await ready;
  await sleep(milliseconds);
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) {
    await once(child, "exit");
  }
  return output.includes("done") ? "done" : "nothing yet";
}
