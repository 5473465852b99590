import { reasonToRemove, type GitBranches } from "../../../cli/branch/prune";
import type { BranchRecord } from "../../../cli/branch/record";

const NOW = new Date("2026-11-26T12:00:00Z");

function record(changes: Partial<BranchRecord> = {}): BranchRecord {
  return {
    branch: "x",
    stack: "dev-x",
    state: "ready",
    madeAt: "2026-11-20T12:00:00Z",
    usedAt: "2026-11-25T12:00:00Z",
    ttlDays: 14,
    ...changes,
  };
}

function git(existing: readonly string[] | undefined, checkedOut: string[] = []): GitBranches {
  return {
    existing: existing === undefined ? undefined : new Set(existing),
    checkedOut: new Set(checkedOut),
  };
}

describe("v7 branch prune", () => {
  it.each([
    ["has a branch and is young", record(), git(["x"]), undefined],
    ["has no branch", record(), git(["y"]), "no branch of that name any more"],
    ["is old", record({ ttlDays: 0.5 }), git(["x"]), "not brought up for 0.5 days"],
    ["is old to the second", record({ ttlDays: 1 }), git(["x"]), undefined],
    [
      "was made long ago and used today",
      record({ madeAt: "2020-01-01T00:00:00Z" }),
      git(["x"]),
      undefined,
    ],
    ["was being removed", record({ state: "leaving" }), git(["x"]), "its removal was interrupted"],
    ["was being made", record({ state: "making" }), git(["x"]), undefined],
    [
      "is old, without git",
      record({ ttlDays: 0.5 }),
      git(undefined),
      "not brought up for 0.5 days",
    ],
    ["is young, without git", record(), git(undefined), undefined],
    ["is checked out and old", record({ ttlDays: 0.5 }), git(["x"], ["x"]), undefined],
    ["is checked out and unborn", record(), git([], ["x"]), undefined],
  ])("decides on a stack that %s", (_what, one, branches, reason) => {
    expect(reasonToRemove(one, branches, NOW)).toBe(reason);
  });
});
