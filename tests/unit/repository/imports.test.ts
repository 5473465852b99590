import { importCycles, importGraph } from "../../support/imports";

describe("the imports", () => {
  const graph = importGraph();

  it("have no cycle, even if imports of types are counted", () => {
    expect(importCycles(graph)).toEqual([]);
    expect(graph.get("runner/plan/preparePlan.ts")).toContain("runner/plan/plan.ts");
  });

  it("are searched for cycles correctly", () => {
    const cycle = new Map([
      ["a.ts", ["b.ts"]],
      ["b.ts", ["c.ts", "d.ts"]],
      ["c.ts", []],
      ["d.ts", ["b.ts"]],
    ]);
    expect(importCycles(cycle)).toEqual(["b.ts -> d.ts -> b.ts"]);
  });
});
