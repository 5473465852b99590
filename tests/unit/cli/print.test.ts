import fc from "fast-check";
import { formatTable } from "../../../cli/print";

describe("a table", () => {
  it("has a header, a rule and a line a row; numbers stand to the right", () => {
    const rows = [
      { phase: 1, name: "First", done: "12" },
      { phase: 10, name: "The second", done: null },
    ];
    expect(formatTable(["phase", "name", "done"], rows).split("\n")).toEqual([
      "phase  name        done",
      "-----  ----------  ----",
      "    1  First       12",
      "   10  The second",
    ]);
  });

  it("stands to the right where every value is a number, negative or with a fraction", () => {
    const table = formatTable(["n"], [{ n: "-1.5" }, { n: 20 }]);
    expect(table.split("\n")).toEqual(["   n", "----", "-1.5", "  20"]);
  });

  it("has its header and its rule where there are no rows", () => {
    expect(formatTable(["a", "bcd"], [])).toBe("a  bcd\n-  ---");
  });

  it("shows a time as ISO 8601, and lists and mappings as JSON", () => {
    const row = { at: new Date("2026-11-23T21:15:00Z"), list: ["a"], map: { b: 1 }, flag: true };
    expect(formatTable(["at", "list", "map", "flag"], [row]).split("\n")[2]).toBe(
      '2026-11-23T21:15:00.000Z  ["a"]  {"b":1}  true',
    );
  });

  it("has lines of one length at most, and as many as rows and two", () => {
    const cell = fc.oneof(fc.integer(), fc.stringMatching(/^[a-z ]{0,9}$/), fc.constant(null));
    fc.assert(
      fc.property(fc.array(fc.record({ a: cell, b: cell })), (rows) => {
        const lines = formatTable(["a", "b"], rows).split("\n");
        expect(lines).toHaveLength(rows.length + 2);
        expect(Math.max(...lines.map((line) => line.length))).toBe(lines[1]?.length);
      }),
    );
  });
});
