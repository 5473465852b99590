import { join, relative } from "node:path";
import { filesBelow, hashOf } from "../../runner/base/fileHash";
import { PROGRAM_SOURCES } from "../../runner/base/programDigest";
import { readJson } from "../../runner/base/readJson";
import { replaceFile } from "../../runner/base/replaceFile";
import { CHECKOUT, places } from "../paths";

/** The sources that a test result belongs to. */
const SOURCES = [...PROGRAM_SOURCES, "sql", "tests"];

/** How many tests passed and failed. */
export interface Count {
  readonly passed: number;
  readonly failed: number;
}

/** The last whole run of one part of `npm test`. */
export interface PartResult extends Count {
  /** By PostgreSQL's major version, the tests whose names have it. */
  readonly servers: Readonly<Record<string, Count>>;
  /** The sha256 of the sources that were tested. */
  readonly sources: string;
  /** When it ended, ISO 8601. */
  readonly endedAt: string;
}

/** By part. */
export type TestResults = Readonly<Record<string, PartResult>>;

/** The part of a test in jest's --json output that is read here. */
export interface JestTest {
  readonly fullName: string;
  readonly status: string;
}

function testResultsFile(own: string = places().own): string {
  return join(own, "test-results.json");
}

/** The sha256 of the present sources. */
export function sourcesDigest(): string {
  return hashOf(CHECKOUT, SOURCES);
}

/** The results of the last runs; empty where the file is missing or cannot be read. */
export function readTestResults(file: string = testResultsFile()): TestResults {
  return (readJson(file) ?? {}) as TestResults;
}

/** The results of this checkout's own runs, and CI's results that were downloaded to `.v7/ci`. */
export function allTestResults(own: string = places().own): readonly TestResults[] {
  const fetched = filesBelow(join(own, "ci")).filter((file) => file.endsWith(".json"));
  return [testResultsFile(own), ...fetched].map((file) => readTestResults(file));
}

/** Records one part's result. */
export function recordTestResult(
  part: string,
  result: PartResult,
  file: string = testResultsFile(),
): void {
  replaceFile(file, `${JSON.stringify({ ...readTestResults(file), [part]: result }, null, 2)}\n`);
}

/** The tests whose names say `PostgreSQL 15` and so on, counted by that version. */
export function countByServer(tests: readonly JestTest[]): Record<string, Count> {
  const counts: Record<string, Count> = {};
  for (const { fullName, status } of tests) {
    const [, major] = /\bPostgreSQL (\d{2})\b/.exec(fullName) ?? [];
    if (major !== undefined && (status === "passed" || status === "failed")) {
      const { passed, failed } = counts[major] ?? { passed: 0, failed: 0 };
      counts[major] = {
        passed: passed + Number(status === "passed"),
        failed: failed + Number(status === "failed"),
      };
    }
  }
  return counts;
}

/** The fields of a test file in jest's --json output that are read here. */
export interface JestFile {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  readonly endTime: number;
  readonly assertionResults: readonly JestTest[];
}

/** The ten slowest files, slowest first: `34 s  tests/e2e/dev.test.ts`. */
export function slowestFiles(files: readonly JestFile[], root: string = CHECKOUT): string[] {
  const seconds = ({ startTime, endTime }: JestFile): number =>
    Math.round((endTime - startTime) / 1000);
  return [...files]
    .sort((one, other) => seconds(other) - seconds(one))
    .slice(0, 10)
    .map((file) => `${seconds(file)} s  ${relative(root, file.name)}`);
}
