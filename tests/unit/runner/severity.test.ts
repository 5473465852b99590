import type { Difference } from "../../../runner/catalog/compare";
import { severityOf } from "../../../runner/drift/severity";
import type { ObjectId, Snapshot } from "../../../runner/model";

const TABLE: ObjectId = { kind: "table", schema: "public", name: "t" };
const HISTORY: ObjectId = { kind: "table", schema: "v7_control", name: "history" };
const on = (kind: string, name: string, of: ObjectId = TABLE): ObjectId => ({ kind, name, of });

const severity = (
  kind: Difference["kind"],
  what: string | ObjectId,
  expected: object = {},
  live: object = {},
): string => {
  const object = typeof what === "string" ? what : "x";
  const id = typeof what === "string" ? {} : { id: what };
  const snapshots: Readonly<Record<"expected" | "live", Snapshot>> = {
    expected: { [object]: expected },
    live: { [object]: live },
  };
  return severityOf({ object, kind, details: [], ...id }, snapshots);
};

describe("the severity of a difference", () => {
  it.each([
    ["high", "missing", on("column", "c")],
    ["medium", "unexpected", on("column", "c")],
    ["medium", "missing", on("index", "i")],
    ["critical", "unexpected", on("policy", "p")],
    ["low", "missing", on("statistics", "s")],
    ["high", "missing", on("trigger", "r")],
    ["critical", "missing", on("trigger", "history_is_append_only", HISTORY)],
    ["critical", "missing", "history step all/access"],
    ["critical", "changed", "logins"],
    ["critical", "changed", "owner of all"],
    ["high", "missing", "role v7_ci"],
  ] as const)("is %s for an object that is %s: %j", (level, kind, what) => {
    expect(severity(kind, what)).toBe(level);
  });

  it.each([
    ["low", on("column", "c"), { comment: "a" }, { comment: "b" }],
    ["medium", on("column", "c"), { default: "1" }, { comment: "b" }],
    ["critical", TABLE, {}, { rowSecurity: true, comment: "x" }],
    ["high", TABLE, { persistence: "unlogged" }, {}],
    ["critical", "role v7_ci", { login: false }, { login: true }],
    ["medium", "role v7_ci", { settings: [] }, { settings: ["work_mem=1"] }],
    ["critical", "privileges table public.t", { r: ["SELECT"] }, { constructor: ["SELECT"] }],
    ["medium", "privileges table public.t", { r: ["SELECT"] }, {}],
  ] as const)("is %s for a change: %j from %j to %j", (level, what, expected, live) => {
    expect(severity("changed", what, expected, live)).toBe(level);
  });

  it("is low for another order of columns", () => {
    const order: Difference = {
      ...{ object: "column order public.t", kind: "changed", details: ["a, b -> b, a"] },
      ...{ id: TABLE, orderOf: "column" },
    };
    expect(severityOf(order, { expected: {}, live: {} })).toBe("low");
  });
});
