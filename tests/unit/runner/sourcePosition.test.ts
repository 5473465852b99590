import fc from "fast-check";
import { caretLines, sourcePosition } from "../../../runner/sql/sourcePosition";

/** Lines of tabs and of characters of one to four bytes, with either line end. */
const lines = fc.array(
  fc.record({
    text: fc
      .array(fc.constantFrom("a", " ", "\t", "é", "漢", "😀", "👩‍🚀"), { maxLength: 6 })
      .map((parts) => parts.join("")),
    end: fc.constantFrom("\n", "\r\n"),
  }),
  { minLength: 1, maxLength: 5 },
);

describe("a position in a file", () => {
  it.each([
    ["the first character", "abc\ndef", 0, { line: 1, column: 1, text: "abc" }],
    ["a character of the second line", "abc\ndef", 5, { line: 2, column: 2, text: "def" }],
    ["a line's end", "abc\ndef", 3, { line: 1, column: 4, text: "abc" }],
    ["the file's end", "abc\n", 4, { line: 2, column: 1, text: "" }],
    ["an empty file", "", 0, { line: 1, column: 1, text: "" }],
    ["after CRLF", "abc\r\ndef\r\n", 6, { line: 2, column: 2, text: "def" }],
    ["after a character of four bytes", "a😀b", 2, { line: 1, column: 3, text: "a😀b" }],
    ["after a tab", "\t\tx", 2, { line: 1, column: 3, text: "\t\tx" }],
    ["beyond the file's end", "ab", 9, { line: 1, column: 3, text: "ab" }],
  ])("is counted as editors count: %s", (_what, text, offset, expected) => {
    expect(sourcePosition(text, offset)).toEqual(expected);
  });

  it("has the line and column of its offset, with any characters and line ends", () => {
    fc.assert(
      fc.property(lines, fc.nat(), fc.nat(), (all, lineSeed, columnSeed) => {
        const index = lineSeed % all.length;
        const own = Array.from(all[index]?.text ?? "");
        const column = columnSeed % (own.length + 1);
        const before = all.slice(0, index).map(({ text, end }) => text + end);
        const offset = Array.from(before.join("")).length + column;
        const text = all.map((line) => line.text + line.end).join("");
        expect(sourcePosition(text, offset)).toEqual({
          line: index + 1,
          column: column + 1,
          text: own.join(""),
        });
      }),
    );
  });
});

describe("a caret", () => {
  it.each([
    ["abc", 1, ["  abc", "  ^"]],
    ["abc", 3, ["  abc", "    ^"]],
    ["abc", 4, ["  abc", "     ^"]],
    ["\tx\ty", 4, ["  \tx\ty", "  \t \t^"]],
    ["😀x", 2, ["  😀x", "   ^"]],
    ["", 1, ["  ", "  ^"]],
  ])("is under %j at column %d", (text, column, expected) => {
    expect(caretLines({ line: 1, column, text }, text)).toEqual(expected);
  });
});
