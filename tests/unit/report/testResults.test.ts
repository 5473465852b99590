import { join } from "node:path";
import { testsEvidence } from "../../../cli/report/testsEvidence";
import {
  allTestResults,
  countByServer,
  readTestResults,
  recordTestResult,
} from "../../../engine/test/testResults";
import { folderOfTest } from "../../support/folder";

const result = {
  passed: 3,
  failed: 0,
  servers: { "17": { passed: 2, failed: 0 } },
  sources: "now",
  endedAt: "2026-11-24T08:00:00.000Z",
};

describe("the tests' results", () => {
  const own = folderOfTest();

  it("count a test by the version in its name", () => {
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

  it("are read from this checkout and from every file that was fetched from CI", () => {
    recordTestResult("unit", result, join(own(), "test-results.json"));
    const fetched = join(own(), "ci", "test-results-integration", "test-results.json");
    recordTestResult("integration", result, fetched);
    expect(allTestResults(own())).toEqual([{ unit: result }, { integration: result }]);
  });

  it("are empty without a file, and keep the other parts when one is recorded", () => {
    const file = join(own(), "own", "results.json");
    expect(readTestResults(file)).toEqual({});
    recordTestResult("unit", result, file);
    recordTestResult("e2e", { ...result, failed: 1 }, file);
    expect(readTestResults(file)).toEqual({ unit: result, e2e: { ...result, failed: 1 } });
  });
});

describe("the evidence of the tests", () => {
  const isSo = (...files: Parameters<typeof testsEvidence>[0]): readonly (boolean | "unknown")[] =>
    testsEvidence(files, ["unit"], [17], "now").map((one) => one.isSo);

  it("holds if the layer passed on these sources and the version was tested", () => {
    expect(isSo({ unit: result })).toEqual([true, true]);
  });

  it("is made from this machine's results and those of CI together", () => {
    const ofNightly = { ...result, servers: { "15": { passed: 1, failed: 0 } } };
    const files = [{ unit: { ...result, servers: {} } }, { integration: ofNightly }];
    const claims = testsEvidence(files, ["unit", "integration"], [15], "now");
    expect(claims.map((one) => one.isSo)).toEqual([true, true, true]);
  });

  it.each([
    ["nothing ran", {}, ["unknown", "unknown"]],
    ["a test failed", { unit: { ...result, failed: 1 } }, [false, true]],
    ["none passed", { unit: { ...result, passed: 0 } }, [false, true]],
    ["it ran on other sources", { unit: { ...result, sources: "x" } }, ["unknown", "unknown"]],
    ["no test names the version", { unit: { ...result, servers: {} } }, [true, "unknown"]],
    [
      "a test failed on the version",
      { unit: { ...result, servers: { "17": { passed: 1, failed: 1 } } } },
      [true, false],
    ],
  ])("does not hold, or is not known, if %s", (_case, results, expected) => {
    expect(isSo(results)).toEqual(expected);
  });

  it("says how to get the results of a layer that has not run here", () => {
    const [unit] = testsEvidence([], ["unit"], [], "now");
    expect(unit?.found).toEqual([
      expect.stringMatching(/run npm test -- unit, or fetch .* gh run download --pattern /),
    ]);
  });
});
