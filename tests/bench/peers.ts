/**
 * This project beside others that carry out migrations: 1, 100 and 1,000 of them, a table each, and nothing to do after
 * 1,000; on one server, in rotation, the medians. Run by hand:
 *
 *     npx tsx tests/bench/peers.ts [rounds] [major] [how many migrations…]
 *
 * Installs the others from npm (tests/bench/peers/package.json) in a folder for temporary files. Draws docs/peers.svg.
 * Each is measured in a process of its own, once its modules are loaded. Asserts nothing: a time is no promise.
 */
import { execFileSync, fork } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { isPostgresMajor } from "../../runner/postgres/majors";
import { manySections, manyStatements } from "../support/manySections";
import { startTestServer, type TestServer } from "../support/postgres";
import { peersChart } from "./peers/chart";
import { TOOLS } from "./peers/tools";

const [ROUNDS = 5, MAJOR = 17, ...GIVEN] = process.argv.slice(2).map(Number);
const COUNTS = GIVEN.length === 0 ? [1, 100, 1_000] : GIVEN;
const CASES = [...COUNTS.map((count) => count.toLocaleString("en")), "nothing to do"];

async function main(): Promise<void> {
  if (!isPostgresMajor(MAJOR)) {
    throw new Error("no such major");
  }
  const folder = mkdtempSync(join(tmpdir(), "v7-peers-"));
  const server = await startTestServer({ major: MAJOR });
  try {
    copyFileSync(join(__dirname, "peers", "package.json"), join(folder, "package.json"));
    const flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
    execFileSync("npm", ["install", ...flags], { cwd: folder, stdio: "inherit" });
    const folders = await writeMigrations(server, folder);
    const times = new Map<string, number[]>();
    for (let round = 0; round < ROUNDS; round++) {
      for (const count of COUNTS) {
        for (const name of Object.keys(TOOLS)) {
          const [run, again] = await measure(server, name, folder, folders(name, count));
          add(times, name, count.toLocaleString("en"), run);
          if (count === Math.max(...COUNTS)) {
            add(times, name, "nothing to do", again);
          }
        }
      }
    }
    show(times);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

async function writeMigrations(
  server: TestServer,
  folder: string,
): Promise<(name: string, count: number) => string> {
  const place = (name: string, count: number): string => join(folder, name, String(count));
  for (const count of COUNTS) {
    for (const [name, { write }] of Object.entries(TOOLS)) {
      mkdirSync(place(name, count), { recursive: true });
      if (write === undefined) {
        await manySections(count, place(name, count));
      } else {
        write(place(name, count), manyStatements(count));
      }
    }
  }
  return place;
}

/** Carried out on a new database, and once more. */
async function measure(
  server: TestServer,
  name: string,
  modules: string,
  folder: string,
): Promise<readonly [number, number]> {
  const database = await server.createDatabase({ shape: "supabase", unprotected: true });
  const once = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const child = fork(join(__dirname, "peers", "run.ts"), [
        name,
        modules,
        database.url(),
        folder,
      ]);
      child.once("message", resolve).once("exit", (code) => {
        // What a process said last may arrive after its end.
        if (code !== 0) {
          reject(new Error(`${name} has failed`));
        }
      });
    });
  return [await once(), await once()];
}

function add(times: Map<string, number[]>, name: string, what: string, time: number): void {
  console.error(`${name}, ${what}: ${time.toFixed(0)} ms`);
  const key = `${name} ${what}`;
  times.set(key, [...(times.get(key) ?? []), time]);
}

function show(times: ReadonlyMap<string, readonly number[]>): void {
  const medians = Object.keys(TOOLS).map((name) => ({
    name,
    seconds: CASES.map((what) => median(times.get(`${name} ${what}`) ?? []) / 1000),
  }));
  console.log(["| seconds", ...CASES, ""].join(" | "));
  for (const { name, seconds } of medians) {
    console.log([`| ${name}`, ...seconds.map((one) => one.toFixed(2)), ""].join(" | "));
  }
  console.log(
    `load ${loadavg()
      .map((one) => one.toFixed(1))
      .join(", ")}`,
  );
  writeFileSync(join(__dirname, "..", "..", "docs", "peers.svg"), peersChart(CASES, medians));
}

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

void main();
