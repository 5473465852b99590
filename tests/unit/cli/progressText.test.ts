import type { Progress } from "../../../cli/status/progress";
import { progressPage } from "../../../cli/status/progressPage";
import { formatProgress } from "../../../cli/status/progressText";
import { recordedDrift } from "../../../cli/status/recordedDrift";
import { pageHtml } from "../../../runner/pages/html/page";

const EMPTY: Progress = {
  now: "",
  dashboard: [],
  phases: [],
  tasks: [],
  files: [],
  enums: [],
  impacts: [],
  tests: [],
};

describe("the progress in the terminal", () => {
  it("has a bar for each count, of a length in proportion and of at least one mark", () => {
    const text = formatProgress({
      ...EMPTY,
      tests: [
        { value: "pass", count: 1000 },
        { value: "fail", count: 1 },
        { value: null, count: 500 },
      ],
    });
    expect(text.split("\n").slice(-4)).toEqual([
      "Test results (v7_test_results)",
      `  pass    ${"#".repeat(24)}  1000`,
      `  fail    ${"#".padEnd(24)}  1`,
      `  (none)  ${"#".repeat(12).padEnd(24)}  500`,
    ]);
  });

  it("says for each empty table that it has no rows yet", () => {
    expect(formatProgress(EMPTY).match(/\(none yet\)/g)).toHaveLength(5);
  });

  it("lets no text from the database move the cursor or break a line", () => {
    const name = "a\u001b[2Jb\nc";
    const task = { phase: 1, number: 2, name, persona: "p", status: "s" };
    const text = formatProgress({ ...EMPTY, tasks: [task], files: [{ value: name, count: 1 }] });
    expect(text).not.toContain("\u001b");
    expect(text.match(/a\[U\+001B\]\[2Jb c/g)).toHaveLength(2);
  });
});

describe("the progress as a page", () => {
  const page = (progress: Progress | undefined, drift: readonly string[] = []): string =>
    pageHtml(
      progressPage({
        stack: "<dev>",
        readAt: new Date(0),
        progress,
        drift: recordedDrift({ drift }, undefined),
        runs: [],
      }),
    );

  it("says that the directive has not been applied, or that a table is empty", () => {
    expect(page(undefined)).toContain("The directive has not been applied to this database");
    expect(page(EMPTY).match(/None yet\./g)).toHaveLength(8);
  });

  it("escapes every value, and forbids scripts and external files", () => {
    const html = page(EMPTY, ["<b>x</b>"]);
    expect(html).toContain("<li>&lt;b&gt;x&lt;/b&gt;</li>");
    expect(html).toContain("<title>V7 migration: &lt;dev&gt;</title>");
    expect(html).toContain("default-src &#39;none&#39;; style-src &#39;sha256-");
  });
});

describe("the recorded drift", () => {
  const began = { kind: "update", startTime: "2026-11-27T03:00:00.000Z" };

  it("is that of the last run if it succeeded", () => {
    const last = { ...began, result: "succeeded" } as const;
    expect(recordedDrift({ drift: [] }, last).state).toBe("none");
    expect(recordedDrift({ drift: ["x"] }, last)).toMatchObject({ state: "found", lines: ["x"] });
  });

  it.each(["failed", "in-progress"] as const)(
    "is unknown if the last run has the result %s",
    (result) => {
      const { state, text } = recordedDrift({ drift: [] }, { ...began, result });
      expect(state).toBe("unknown");
      expect(text).toContain(`the update that began at ${began.startTime} ended as "${result}"`);
    },
  );
});
