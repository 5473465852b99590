import fc from "fast-check";
import { formatTable } from "../../../runner/base/table";

describe("a formatted table", () => {
  it("has a header, a rule and a line for each row, with numbers aligned to the right", () => {
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

  it("aligns negative numbers and fractions to the right", () => {
    const table = formatTable(["n"], [{ n: "-1.5" }, { n: 20 }]);
    expect(table.split("\n")).toEqual(["   n", "----", "-1.5", "  20"]);
  });

  it("has its header and its rule without rows too", () => {
    expect(formatTable(["a", "bcd"], [])).toBe("a  bcd\n-  ---");
  });

  it("shows a time as ISO 8601, and lists and mappings as JSON", () => {
    const row = { at: new Date("2026-11-23T21:15:00Z"), list: ["a"], map: { b: 1 }, flag: true };
    expect(formatTable(["at", "list", "map", "flag"], [row]).split("\n")[2]).toBe(
      '2026-11-23T21:15:00.000Z  ["a"]  {"b":1}  true',
    );
  });

  it("has two more lines than rows, and no line longer than its rule", () => {
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

describe("a formatted table of limited width", () => {
  it("folds its widest column between words and the parts of a name", () => {
    const rows = [
      { step: "enum_inventory", file: "sql/ad_005/amendments/lockdown.sql", n: 1 },
      { step: "section_1", file: "the first of them", n: 22 },
    ];
    expect(formatTable(["step", "file", "n"], rows, 38).split("\n")).toEqual([
      "step            file                 n",
      "--------------  ------------------  --",
      "enum_inventory  sql/ad_005/          1",
      "                amendments/",
      "                lockdown.sql",
      "section_1       the first of them   22",
    ]);
  });

  it("cuts a word that is wider than the table", () => {
    expect(formatTable(["digest"], [{ digest: "0123456789abcdef" }], 10).split("\n")).toEqual([
      "digest",
      "----------",
      "0123456789",
      "abcdef",
    ]);
  });

  it("counts two columns for a Chinese character, and none for a combining accent", () => {
    const rows = [
      { name: "数据库迁移", is: "x" },
      { name: "e\u0301te\u0301", is: "y" },
    ];
    expect(formatTable(["name", "is"], rows, 10).split("\n")).toEqual([
      "name    is",
      "------  --",
      "数据库  x",
      "迁移",
      "e\u0301te\u0301     y",
    ]);
  });

  it("does not count blanks at the end of a line", () => {
    const row = { b: "/_/_/_- -", c: "--", a: "a__  __" };
    const lines = formatTable(["a", "b", "c"], [row], 14).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(14);
  });

  it("fits into its width, and keeps every character of every cell", () => {
    const cell = fc.stringMatching(/^[a-z_/ -]{0,60}$/);
    const row = fc.record({ a: cell, b: cell, c: cell });
    fc.assert(
      fc.property(fc.array(row), fc.integer({ min: 20, max: 80 }), (rows, width) => {
        const text = formatTable(["a", "b", "c"], rows, width);
        expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(width);
        const characters = (all: string): string =>
          Array.from(all.replaceAll(/[ \n]/g, "")).sort().join("");
        const [, rule = "", ...body] = text.split("\n");
        expect(rule).toMatch(/^[- ]+$/);
        expect(characters(body.join(""))).toBe(
          characters(rows.flatMap(({ a, b, c }) => [a, b, c]).join("")),
        );
      }),
    );
  });
});
