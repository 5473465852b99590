import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { countByServer, readTestResults, recordTestResult } from "../../../engine/testResults";
import { testsEvidence } from "../../../runner/report/testsEvidence";

const result = {
  passed: 3,
  failed: 0,
  servers: { "17": { passed: 2, failed: 0 } },
  sources: "now",
  endedAt: "2026-11-24T08:00:00.000Z",
};

describe("the tests' results", () => {
  it("count a test by the version that its name says", () => {
    expect(
      countByServer([
        { fullName: "applying on PostgreSQL 15 works", status: "passed" },
        { fullName: "applying on PostgreSQL 15 fails", status: "failed" },
        { fullName: "PostgreSQL 18 as postgres grants", status: "passed" },
        { fullName: "PostgreSQL 18 waits", status: "pending" },
        { fullName: "no server at all", status: "passed" },
      ]),
    ).toEqual({ "15": { passed: 1, failed: 1 }, "18": { passed: 1, failed: 0 } });
  });

  it("keep the other parts when one is recorded, and are none where no file is", () => {
    const folder = mkdtempSync(join(tmpdir(), "v7-results-"));
    try {
      const file = join(folder, "own", "results.json");
      expect(readTestResults(file)).toEqual({});
      recordTestResult("unit", result, file);
      recordTestResult("e2e", { ...result, failed: 1 }, file);
      expect(readTestResults(file)).toEqual({ unit: result, e2e: { ...result, failed: 1 } });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the evidence of the tests", () => {
  const isSo = (results: Parameters<typeof testsEvidence>[0]): boolean[] =>
    testsEvidence(results, ["unit"], [17], "now").map((one) => one.isSo);

  it("holds where the layer passed on these sources and the version was tested", () => {
    expect(isSo({ unit: result })).toEqual([true, true]);
  });

  it.each([
    ["nothing ran", {}, [false, false]],
    ["a test failed", { unit: { ...result, failed: 1 } }, [false, true]],
    ["none passed", { unit: { ...result, passed: 0 } }, [false, true]],
    ["it ran on other sources", { unit: { ...result, sources: "before" } }, [false, true]],
    ["no test names the version", { unit: { ...result, servers: {} } }, [true, false]],
    [
      "a test failed on the version",
      { unit: { ...result, servers: { "17": { passed: 1, failed: 1 } } } },
      [true, false],
    ],
  ])("does not hold where %s", (_case, results, expected) => {
    expect(isSo(results)).toEqual(expected);
  });
});
