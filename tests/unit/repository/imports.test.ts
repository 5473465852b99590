import { importCycles, importGraph } from "../../support/imports";

describe("the imports", () => {
  const graph = importGraph();

  it("lead from no file back to itself, those of types included, which import-x/no-cycle passes over", () => {
    expect(importCycles(graph)).toEqual([]);
    expect(graph.get("runner/plan/preparePlan.ts")).toContain("runner/plan/plan.ts");
  });

  it("would not hide a cycle", () => {
    const cycle = new Map([
      ["a.ts", ["b.ts"]],
      ["b.ts", ["c.ts", "d.ts"]],
      ["c.ts", []],
      ["d.ts", ["b.ts"]],
    ]);
    expect(importCycles(cycle)).toEqual(["b.ts -> d.ts -> b.ts"]);
  });
});
