import { changesIn, errorsIn, progressOf, remarksIn } from "../../../engine/quietPulumi";

/** As Pulumi 3.259.0 prints it in a pipe. */
const UP = `Updating (dev):
 +  directive:index:MigrationRunner directive created (0.64s) 13 steps committed
Policies:
    ✅ v7@v0.1.0 (local: policy)
    ⚠️ other@v0.1.0 (local: other)
        - [advisory]  one  (directive:index:MigrationRunner: directive)

Diagnostics:
  directive:index:MigrationRunner (directive):
    13 steps committed

  pulumi:pulumi:Stack (v7-dev):
    warning: a STAND-IN

Outputs:
    databaseUrl: [secret]

Resources:
    + 65 created
    ~ 2 updated
    67 changes. 3 unchanged

Duration: 9s
`;

describe("the output of Pulumi", () => {
  it.each([
    [" +  directive:index:EmbeddedPostgres database-server creating (0s) ", "making the server"],
    [
      " +  directive:index:MigrationRunner directive creating (12s) section_1 1/1: CREATE TABLE x (",
      "making the directive: section_1 1/1: CREATE TABLE x (",
    ],
    [" -  postgresql:index:Grant grants-a deleting (0s) ", "removing the grants"],
    [" ++ docker:index:Container c replacing (0s) ", "making the container"],
    [" +  pulumi:pulumi:Stack v7-dev creating (4s) warning: a STAND-IN", undefined],
    [" +  directive:index:ApprovalGate gate created (0.44s) ", undefined],
    ["@ updating....", undefined],
    ["    databaseUrl: [secret]", undefined],
  ])("is shown as progress: %j as %j", (line, told) => {
    expect(progressOf(line)).toBe(told);
  });

  it("is cut to the changes and the remarks of resources and policies after a run that succeeded", () => {
    expect(changesIn(UP)).toBe("65 created, 2 updated, 3 unchanged");
    expect(remarksIn(UP).map((line) => line.trim())).toEqual([
      "⚠️ other@v0.1.0 (local: other)",
      "- [advisory]  one  (directive:index:MigrationRunner: directive)",
      "13 steps committed",
      "warning: a STAND-IN",
    ]);
  });

  it("is shown from the policies' part on after a run that failed", () => {
    expect(errorsIn(UP)[0]).toBe("Policies:");
    expect(errorsIn(UP).at(-1)).toBe("Duration: 9s");
  });

  it("is shown in full after a run that failed before its first policy", () => {
    expect(errorsIn("error: no stack named 'x'\nsee below\n")).toEqual([
      "error: no stack named 'x'",
      "see below",
    ]);
    expect([changesIn(""), remarksIn("error: x")]).toEqual(["", []]);
  });
});
