import fc from "fast-check";
import { unitsOf } from "../../../runner/execute/units";
import type { StepKind } from "../../../runner/model";

const KINDS: readonly StepKind[] = [
  "section",
  "amendment",
  "population",
  "concurrent",
  "value",
  "backfill",
];

const cut = (...kinds: readonly StepKind[]): readonly string[] =>
  unitsOf(kinds.map((kind) => ({ kind, directive: "ad_005" }))).map(
    ({ isTransaction, steps }) =>
      `${isTransaction ? "" : "outside: "}${steps.map(({ kind }) => kind).join(" ")}`,
  );

describe("the division of steps into transactions", () => {
  it.each<[string, readonly StepKind[], readonly string[]]>([
    ["only at the end", ["section", "amendment", "population"], ["section amendment population"]],
    ["after a value", ["section", "value", "section"], ["section value", "section"]],
    ["after each value", ["value", "value"], ["value", "value"]],
    [
      "before and after a backfill",
      ["section", "backfill", "section"],
      ["section", "outside: backfill", "section"],
    ],
    [
      "before and after a concurrent step",
      ["concurrent", "section"],
      ["outside: concurrent", "section"],
    ],
    [
      "between steps that commit by themselves",
      ["backfill", "concurrent"],
      ["outside: backfill", "outside: concurrent"],
    ],
  ])("commits %s", (_, kinds, units) => {
    expect(cut(...kinds)).toStrictEqual(units);
  });

  it("commits before the next directive if one added a value in a step of another kind", () => {
    const step = (directive: string, addsValue = false) => ({
      directive,
      kind: "section",
      addsValue,
    });
    const steps = [step("ad_006", true), step("ad_006"), step("ad_007"), step("ad_008")];
    expect(unitsOf(steps).map((unit) => unit.steps.length)).toStrictEqual([2, 2]);
  });

  it("keeps every step, in order", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...KINDS)), (kinds) => {
        const steps = kinds.map((kind) => ({ kind, directive: "ad_005" }));
        expect(unitsOf(steps).flatMap((unit) => unit.steps)).toStrictEqual(steps);
      }),
    );
  });
});
