import { countTests, readParts } from "../../../engine/test";
import { slowestFiles } from "../../../engine/test/testResults";

const ran = { success: true, numPassedTests: 3, numFailedTests: 0, numRuntimeErrorTestSuites: 0 };

describe("readParts", () => {
  it("gives every part if none is named", () => {
    expect(readParts([])).toEqual({
      parts: [
        "format:check",
        "lint",
        "typecheck",
        "unit",
        "component",
        "policy",
        "integration",
        "e2e",
      ],
      options: [],
    });
  });

  it("gives the parts in their own order, and leaves to jest the arguments from the first dash on", () => {
    expect(readParts(["e2e", "unit", "-t", "some name"])).toEqual({
      parts: ["unit", "e2e"],
      options: ["-t", "some name"],
    });
  });

  it("refuses an unknown part", () => {
    expect(() => readParts(["unti"])).toThrow(/COMMAND_INVALID: npm test: found "unti"/);
  });
});

describe("countTests", () => {
  it("counts the tests that jest counted", () => {
    expect(countTests(ran, 0)).toEqual({ passed: 3, failed: 0 });
    expect(countTests({ ...ran, success: false, numFailedTests: 2 }, 1)).toEqual({
      passed: 3,
      failed: 2,
    });
  });

  it("counts a file that did not load as a failure", () => {
    const result = { ...ran, success: false, numRuntimeErrorTestSuites: 1 };
    expect(countTests(result, 1)).toEqual({ passed: 3, failed: 1 });
  });

  it.each([
    ["jest wrote no result", undefined, 1],
    ["no test ran", { ...ran, numPassedTests: 0 }, 0],
    ["jest ended badly though all tests passed", ran, 1],
  ])("counts a failure if %s", (_case, result, code) => {
    expect(countTests(result, code).failed).toBe(1);
  });
});

it("slowestFiles names the ten slowest files with their seconds, the slowest first", () => {
  const files = Array.from({ length: 12 }, (_file, seconds) => ({
    name: `/checkout/tests/unit/${String(seconds)}.test.ts`,
    startTime: 1000,
    endTime: 1000 + seconds * 1000,
    assertionResults: [],
  }));
  const slowest = slowestFiles(files, "/checkout");
  expect(slowest).toHaveLength(10);
  expect(slowest[0]).toBe("11 s  tests/unit/11.test.ts");
  expect(slowest[9]).toBe("2 s  tests/unit/2.test.ts");
});
