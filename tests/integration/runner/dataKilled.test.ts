import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { copyRows } from "../../../runner/data/copyRows";
import { seedDatabase } from "../../../runner/data/seed";
import { allRows, BRANCH_STACK, branchDatabase, makePair } from "../../support/givenData";
import { serverOfFile } from "../../support/postgres";

const KILLS = 10;
/** A whole run takes about so long on an idle machine: a moment after that finds it done. */
const LAST_MOMENT_MILLISECONDS = 900;

const server = serverOfFile({ major: 17 });

it(`holds a whole seed or none, with its process killed at ${KILLS} random moments`, async () => {
  const rows = Array.from({ length: 100_000 }, (_, n) => `${String(n)}\tsome text\n`).join("");
  const text = `CREATE TABLE public.t (n int PRIMARY KEY, text text);\nCOPY public.t FROM stdin;\n${rows}\\.\n`;
  const outcomes: string[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const { database, request } = await branchDatabase(server());
    const parts = {
      to: request.connection,
      connection: request.connection,
      stack: BRANCH_STACK,
      name: "s.sql",
    };
    const client = await database.connect();
    outcomes.push(await killed("seed", { ...parts, text }));
    const before = await countOf(client);
    const again = await seedDatabase({ ...request, ...parts, bytes: Buffer.from(text) });
    // What was there was whole, and noted; what was not there came now, and once.
    expect([before, again.outcome]).toEqual(
      before === null ? [null, "seeded"] : [100_000, "already"],
    );
    expect(await countOf(client)).toBe(100_000);
    await client.end();
  }
  // Some moments must have been in the middle, or this showed nothing.
  expect(outcomes).toContain("nothing yet");
}, 300_000);

it(`holds all rows of the source or those of before, with the copy killed at ${KILLS} random moments`, async () => {
  const outcomes: string[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const { source, target, request } = await makePair(
      { from: server(), to: server() },
      {
        both: "CREATE TABLE public.t (n int PRIMARY KEY, text text)",
        source: "INSERT INTO t SELECT n, 'some text' FROM generate_series(1, 100000) n",
      },
    );
    const wanted = await allRows(source);
    const before = await allRows(target);
    outcomes.push(await killed("copy", request));
    const isThere = (await countOf(target)) !== 0;
    expect(await allRows(target)).toEqual(isThere ? wanted : before);
    expect((await copyRows(request)).outcome).toBe(isThere ? "already" : "copied");
    expect(await allRows(target)).toEqual(wanted);
    await Promise.all([source.end(), target.end()]);
  }
  expect(outcomes).toContain("nothing yet");
}, 300_000);

/** How many rows the table t has; null where there is no such table. */
async function countOf(client: Client): Promise<number | null> {
  const { rows } = await client.query<{ there: string | null }>(
    "SELECT to_regclass('public.t') AS there",
  );
  if (rows[0]?.there === null) {
    return null;
  }
  return (
    (await client.query<{ count: number }>("SELECT count(*)::int FROM t")).rows[0]?.count ?? null
  );
}

/** Starts a process of its own, kills it a random moment after it began, and says what it had done. */
async function killed(action: "seed" | "copy", parts: object): Promise<string> {
  const script = join(__dirname, "..", "..", "support", "dataProcess.cjs");
  const child = spawn(process.execPath, [script, action], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(parts));
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  await once(child.stdout, "data");
  await sleep(randomInt(LAST_MOMENT_MILLISECONDS));
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) {
    await once(child, "exit");
  }
  return output.includes("done") ? "done" : "nothing yet";
}
