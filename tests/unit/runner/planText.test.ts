import type { Plan, Step } from "../../../runner/model";
import type { PreparedPlan } from "../../../runner/plan/plan";
import { describePreparedPlan } from "../../../runner/plan/planText";

const STEP = {
  directive: "ad_005",
  id: "section_1",
  kind: "section",
  sha256: "a".repeat(64),
  title: "The first",
  statements: [{}],
} as unknown as Step;

const LOCKDOWN = { ...STEP, id: "lockdown", kind: "amendment", statements: [{}, {}] };

const PREPARED = {
  plan: {
    target: { host: "h", port: 5432, database: "d", systemIdentifier: null, databaseOid: "5" },
    steps: [
      STEP,
      LOCKDOWN,
      { directive: "all", id: "access", kind: "access", sha256: "c".repeat(64) },
    ],
  } as unknown as Plan,
  digest: "d".repeat(64),
  pending: [STEP, LOCKDOWN],
  unfinished: [],
  titles: new Map([["all/access", "The access matrix"]]),
  isAccessPending: true,
  isProtected: true,
  obstacles: [],
  notCompared: [],
  history: [],
} as unknown as PreparedPlan;

describe("the description of a plan", () => {
  it("names the target, every step with its digest, the plan's own digest and the pre-checks", () => {
    expect(describePreparedPlan(PREPARED).split("\n")).toEqual([
      "would run on h:5432/d, a protected database:",
      "  section_1  section    aaaaaaaaaaaaaaaa…  The first (1 statement)",
      "  lockdown   amendment  aaaaaaaaaaaaaaaa…  The first (2 statements)",
      "  access     access     cccccccccccccccc…  The access matrix",
      `plan digest ${"d".repeat(64)}`,
      "pre-checks: no obstacles",
    ]);
  });

  it("says that the database is unprotected, and names each obstacle with its remedy", () => {
    const obstacles = [
      { found: "no schema", remedy: "Make it" },
      { found: "no table", remedy: "Create it" },
    ];
    const text = describePreparedPlan({
      ...PREPARED,
      isProtected: false,
      plan: { ...PREPARED.plan, steps: [STEP] } as unknown as Plan,
      pending: [STEP],
      obstacles,
    });
    expect(text.split("\n")).toEqual([
      "would run on h:5432/d, a database that says it is unprotected:",
      "  section_1  section  aaaaaaaaaaaaaaaa…  The first (1 statement)",
      `plan digest ${"d".repeat(64)}`,
      "pre-checks: 2 obstacles",
      "  - no schema. Make it.",
      "  - no table. Create it.",
    ]);
  });

  it("says that there is nothing to run if every step has been applied", () => {
    const { isProtected, obstacles, history, objects, owner, snapshot, notCompared } = PREPARED;
    const rest = { isProtected, obstacles, history, objects, owner, snapshot, notCompared };
    expect(
      describePreparedPlan({
        ...rest,
        pending: [],
        unfinished: [],
        manifestsUpTo: [],
        isAccessPending: false,
      }),
    ).toBe("nothing to run: every step has been applied, as the history says");
  });
});
