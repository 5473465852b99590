import type { Phase } from "../../../cli/status/progress";
import { courseOf } from "../../../cli/status/progressPage";
import { lastRuns } from "../../../cli/status/runs";
import type { HistoryRow } from "../../../runner/model";

const phase = (number: number, startedAt: string | null, completedAt: string | null): Phase => ({
  ...{ number, name: "A phase", status: "in_progress", lead: "L8", tasks: 0, completedTasks: 0 },
  ...{ startedAt, completedAt },
});

describe("the course of the phases", () => {
  it("runs from the first start to now, and leaves out a phase that has not started", () => {
    const bars = courseOf(
      [
        phase(1, "2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z"),
        phase(2, "2026-11-06T00:00:00Z", null),
        phase(3, null, null),
      ],
      "2026-11-11T00:00:00Z",
      () => "quiet",
    );
    expect(bars).toEqual([
      {
        label: "1. A phase",
        value: "2026-11-01 to 2026-11-03, in_progress",
        from: 0,
        share: 0.2,
        tone: "quiet",
      },
      {
        label: "2. A phase",
        value: "2026-11-06 to now, in_progress",
        from: 0.5,
        share: 0.5,
        tone: "quiet",
      },
    ]);
  });

  it("is empty if no phase has started, and draws a moment as a line within the picture", () => {
    expect(courseOf([phase(1, null, null)], "2026-11-11T00:00:00Z", () => "quiet")).toEqual([]);
    const now = "2026-11-11T00:00:00Z";
    for (const { from = 0, share } of courseOf(
      [phase(1, "2026-11-01T00:00:00Z", null), phase(2, now, now)],
      now,
      () => "quiet",
    )) {
      expect(from + share).toBeLessThanOrEqual(1);
    }
  });
});

describe("the last runs", () => {
  const row = (action: string, planDigest: string, details = {}): HistoryRow =>
    ({ action, planDigest, details, appliedBy: "postgres", recordedAt: new Date(0) }) as HistoryRow;

  it("are at most ten: the history's rows by plan, newest first, each with its approvers", () => {
    const approvals = [{ approver: "architect" }, { approver: "second" }];
    const runs = lastRuns([
      row("apply", "a", { approvals }),
      row("apply", "a", { approvals }),
      row("revoke", "0"),
      row("rollback", "b", { approvals: "none" }),
    ]);
    expect(runs.map(({ action, steps, approvedBy }) => [action, steps, approvedBy])).toEqual([
      ["rollback", 1, []],
      ["revoke", 1, []],
      ["apply", 2, ["architect", "second"]],
    ]);
    expect(
      lastRuns(Array.from({ length: 30 }, (_, index) => row("apply", String(index)))),
    ).toHaveLength(10);
  });
});
