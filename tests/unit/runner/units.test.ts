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

describe("steps are cut where something has to be committed", () => {
  it.each<[string, readonly StepKind[], readonly string[]]>([
    ["nowhere", ["section", "amendment", "population"], ["section amendment population"]],
    ["behind a value", ["section", "value", "section"], ["section value", "section"]],
    ["behind each value", ["value", "value"], ["value", "value"]],
    [
      "around a backfill",
      ["section", "backfill", "section"],
      ["section", "outside: backfill", "section"],
    ],
    ["around a concurrent step", ["concurrent", "section"], ["outside: concurrent", "section"]],
    [
      "between those that commit by themselves",
      ["backfill", "concurrent"],
      ["outside: backfill", "outside: concurrent"],
    ],
  ])("%s", (_, kinds, units) => {
    expect(cut(...kinds)).toStrictEqual(units);
  });

  it("before the next directive, where one added a value in a step of another kind", () => {
    const step = (directive: string, addsValue = false) => ({
      directive,
      kind: "section",
      addsValue,
    });
    const steps = [step("ad_006", true), step("ad_006"), step("ad_007"), step("ad_008")];
    expect(unitsOf(steps).map((unit) => unit.steps.length)).toStrictEqual([2, 2]);
  });

  it("in their order, each once", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...KINDS)), (kinds) => {
        const steps = kinds.map((kind) => ({ kind, directive: "ad_005" }));
        expect(unitsOf(steps).flatMap((unit) => unit.steps)).toStrictEqual(steps);
      }),
    );
  });
});
