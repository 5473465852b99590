import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fault } from "../runner/base/fault";
import { readJson } from "../runner/base/readJson";
import { run } from "./command";
import { CHECKOUT, places, type Environment } from "./paths";
import { prepareEngine } from "./prepare";
import { elapsed, say } from "./progress";
import { withTestFolder } from "./test/testFolder";
import {
  countByServer,
  recordTestResult,
  slowestFiles,
  sourcesDigest,
  type Count,
  type JestFile,
} from "./test/testResults";

/** Checks of the sources: scripts of package.json; each counts as one test. */
const CHECKS = ["format:check", "lint", "typecheck"];
/** The layers of tests, fast ones first: each is a project of jest.config.cjs and a folder below tests/. */
export const LAYERS = ["unit", "component", "policy", "integration", "e2e"];
/** The layers that start the real engine. */
const ENGINE_LAYERS = ["integration", "e2e"];

/** Integration tests on PostgreSQL 15 to 18; without it on the oldest and the newest, and where majors differ. */
const ALL_MAJORS = "--all-majors";

/** Jest's workers. On 2 cores jest's default is 1, which leaves a core idle: tests wait for servers half of the time. */
const WORKERS = "2";

/** The part of jest's --json output that is read here. */
interface JestResult {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  /** Files that could not be loaded; their tests are not counted. */
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults?: readonly JestFile[];
}

/**
 * `npm test [-- PART… [OPTION…]]`: runs every check and every layer, or the named parts, and ends with the line
 * `N passed, N failed`. Everything from the first argument with a dash on goes to jest, except `--all-majors`.
 *
 * @returns 0 where all passed, else 1, also where a layer ran no test
 */
export async function main(given: readonly string[]): Promise<number> {
  const args = given.filter((arg) => arg !== ALL_MAJORS);
  if (args.length < given.length) {
    process.env["V7_ALL_MAJORS"] = "1";
  }
  const { parts, options } = readParts(args);
  const began = Date.now();
  const usesEngine = parts.some((part) => ENGINE_LAYERS.includes(part));
  const environment = usesEngine ? (await prepareEngine()).environment : process.env;
  const counts: Count[] = [];
  const files: JestFile[] = [];
  for (const part of parts) {
    say(`${part} ...`);
    const partBegan = Date.now();
    const { count, tested } = CHECKS.includes(part)
      ? { count: await runCheck(part, environment), tested: [] }
      : await runLayer(part, options, environment);
    say(`  ${part}: ${summary(count)} in ${elapsed(Date.now() - partBegan)}`);
    counts.push(count);
    files.push(...tested);
  }
  const total = {
    passed: counts.reduce((sum, { passed }) => sum + passed, 0),
    failed: counts.reduce((sum, { failed }) => sum + failed, 0),
  };
  const slowest = slowestFiles(files);
  if (slowest.length > 0) {
    say(["the slowest files of tests:", ...slowest].join("\n  "));
  }
  say(`all of it took ${elapsed(Date.now() - began)}`);
  process.stdout.write(`${summary(total)}\n`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

function summary({ passed, failed }: Count): string {
  return `${passed} passed, ${failed} failed`;
}

/** The parts that the command line names, in the order of `all`; by default all. */
export function readParts(args: readonly string[]): { parts: string[]; options: string[] } {
  const all = [...CHECKS, ...LAYERS];
  const firstOption = args.findIndex((arg) => arg.startsWith("-"));
  const named = firstOption === -1 ? [...args] : args.slice(0, firstOption);
  const unknown = named.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    throw fault("COMMAND_INVALID", {
      what: "npm test",
      found: `"${unknown}"`,
      expected: `one of ${all.join(", ")}`,
      remedy: "Name only these parts, or none to run all of them",
    });
  }
  return {
    parts: named.length === 0 ? all : all.filter((part) => named.includes(part)),
    options: firstOption === -1 ? [] : args.slice(firstOption),
  };
}

async function runCheck(script: string, environment: Environment): Promise<Count> {
  const { code } = await run("npm", ["run", "--silent", script], {
    folder: CHECKOUT,
    environment,
    show: true,
  });
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

async function runLayer(
  layer: string,
  options: readonly string[],
  environment: Environment,
): Promise<{ count: Count; tested: readonly JestFile[] }> {
  const { temporary } = places();
  // The user's TMPDIR, which bootstrap.mjs replaced by ours.
  const { USER_TMPDIR: users = "" } = process.env;
  const sources = sourcesDigest();
  const output = join(temporary, `jest-${layer}.${process.pid}.json`);
  mkdirSync(temporary, { recursive: true });
  const jest = join(CHECKOUT, "node_modules", "jest", "bin", "jest.js");
  // --forceExit: jest would wait for a process that a failed test left behind.
  const always = ["--json", "--outputFile", output, "--forceExit", "--maxWorkers", WORKERS];
  const args = [jest, "--selectProjects", layer, ...always, ...options];
  // With --json jest prints the JSON on standard output, which is dropped, and its report on standard error.
  const { code } = await withTestFolder(users === "" ? "/tmp" : users, (folder) =>
    run(process.execPath, args, {
      folder: CHECKOUT,
      environment: { ...environment, TMPDIR: folder },
      onErrorLine: (line) => process.stderr.write(`${line}\n`),
    }),
  );
  const result = readJson(output) as JestResult | undefined;
  const count = countTests(result, code);
  const tested = result?.testResults ?? [];
  rmSync(output, { force: true });
  // With options the run may have been of some tests only: no result of the layer.
  if (options.length === 0) {
    recordTestResult(layer, {
      ...count,
      servers: countByServer(tested.flatMap((one) => one.assertionResults)),
      sources,
      endedAt: new Date().toISOString(),
    });
  }
  return { count, tested };
}

/** What jest counted. A run that failed counts at least one failure, and so does one without any test. */
export function countTests(result: JestResult | undefined, code: number): Count {
  const passed = result?.numPassedTests ?? 0;
  const failed = (result?.numFailedTests ?? 0) + (result?.numRuntimeErrorTestSuites ?? 0);
  const isWhole = result?.success === true && code === 0 && passed > 0;
  return { passed, failed: isWhole ? failed : Math.max(failed, 1) };
}
