import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { firstLine, sliceStatements } from "../../../runner/sql/statements";
import { faultOf } from "../../support/faults";
import { sqlFile } from "../../support/sqlArbitrary";

const DIRECTIVE = readFileSync(join(__dirname, "../../../sql/ad_005/directive.sql"));
const utf8 = (text: string): Buffer => Buffer.from(text, "utf8");
const slice = (text: string): ReturnType<typeof sliceStatements> =>
  sliceStatements("f.sql", utf8(text));

describe("the slices of directive.sql", () => {
  it("are its thirteen statements, in order", async () => {
    const slices = await sliceStatements("directive.sql", DIRECTIVE);
    expect(slices.map(({ number, kind }) => [number, kind])).toEqual([
      [1, "CreateStmt"],
      [2, "AlterTableStmt"],
      [3, "CreateStmt"],
      [4, "CreateStmt"],
      [5, "CreateStmt"],
      [6, "CreateStmt"],
      [7, "IndexStmt"],
      [8, "IndexStmt"],
      [9, "IndexStmt"],
      [10, "IndexStmt"],
      [11, "IndexStmt"],
      [12, "IndexStmt"],
      [13, "ViewStmt"],
    ]);
  });
});

describe("the slices of any SQL", () => {
  it("are together the file, byte for byte", async () => {
    await fc.assert(
      fc.asyncProperty(sqlFile, async ({ text }) => {
        const slices = await slice(text);
        expect(Buffer.concat(slices.map(({ bytes }) => bytes)).equals(utf8(text))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("are as many as the statements, and each has one whole statement", async () => {
    await fc.assert(
      fc.asyncProperty(sqlFile, async ({ text, statements }) => {
        const slices = (await slice(text)).map(({ bytes }) => bytes.toString("utf8"));
        expect(slices).toHaveLength(statements.length);
        statements.forEach((statement, index) => {
          expect(slices[index]).toContain(statement);
        });
      }),
      { numRuns: 300 },
    );
  });

  it("have offsets in characters and in bytes, each at the end of the slice before", async () => {
    await fc.assert(
      fc.asyncProperty(sqlFile, async ({ text }) => {
        let end = 0;
        let endInBytes = 0;
        for (const { bytes, offset, start } of await slice(text)) {
          expect([offset, start]).toStrictEqual([end, endInBytes]);
          end += Array.from(bytes.toString("utf8")).length;
          endInBytes += bytes.length;
        }
        expect([end, endInBytes]).toStrictEqual([Array.from(text).length, Buffer.byteLength(text)]);
      }),
      { numRuns: 100 },
    );
  });

  it("are the same statement when each is parsed alone", async () => {
    await fc.assert(
      fc.asyncProperty(sqlFile, async ({ text }) => {
        for (const { bytes, kind } of await slice(text)) {
          const alone = await sliceStatements("one.sql", bytes);
          expect(alone.map((one) => one.kind)).toEqual([kind]);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("a slice", () => {
  it.each([
    [
      "comments before a statement belong to it",
      "-- a\nSELECT 1;-- b\nSELECT 2;",
      ["-- a\nSELECT 1;", "-- b\nSELECT 2;"],
    ],
    [
      "text after the last semicolon belongs to the last statement",
      "SELECT 1;SELECT 2; -- end\n",
      ["SELECT 1;", "SELECT 2; -- end\n"],
    ],
    [
      "an empty statement belongs to the slice after it",
      "SELECT 1;;SELECT 2",
      ["SELECT 1;", ";SELECT 2"],
    ],
    ["a byte is not a character", "SELECT 'é😀';SELECT 2;", ["SELECT 'é😀';", "SELECT 2;"]],
    ["CRLF stays CRLF", "SELECT 1;\r\nSELECT 2;\r\n", ["SELECT 1;", "\r\nSELECT 2;\r\n"]],
  ])("follows the rule: %s", async (_what, text, expected) => {
    expect((await slice(text)).map(({ bytes }) => bytes.toString("utf8"))).toEqual(expected);
  });
});

describe("a file", () => {
  it.each([
    ["latin-1", Buffer.from("SELECT 'é';", "latin1")],
    ["a truncated character", Buffer.from("SELECT 1; -- é", "utf8").subarray(0, -1)],
    ["UTF-16", Buffer.from("SELECT 1;", "utf16le").subarray(1)],
    ["an overlong encoding", Buffer.from([0x2d, 0x2d, 0xc0, 0xaf])],
  ])("is refused if it is not UTF-8: %s", async (_what, bytes) => {
    const { message } = await faultOf(() => sliceStatements("f.sql", bytes));
    expect(message).toMatch(
      /^SQL_UNPARSABLE: reading "f\.sql": found (bytes that are not UTF-8|a zero byte)\. Save/,
    );
  });

  it("is refused if it has a zero byte, after which the parser would stop", async () => {
    const { message } = await faultOf(() => slice("SELECT 1;\0COMMIT;"));
    expect(message).toBe(
      'SQL_UNPARSABLE: reading "f.sql": found a zero byte. Save the file as UTF-8 text without zero bytes, or restore it from version control.',
    );
  });

  it.each(["", "  \n", "-- a comment\n", ";;"])(
    "is refused if it has no statement: %j",
    async (text) => {
      const { message } = await faultOf(() => slice(text));
      expect(message).toContain('SQL_UNPARSABLE: parsing "f.sql": found no statement yet');
    },
  );

  it("is refused with the line, the column and a caret of a syntax error", async () => {
    const { message } = await faultOf(() => slice("SELECT 1;\n\n  SELECT 'ü😀' FRM x y;\n"));
    expect(message.split("\n")).toEqual([
      'SQL_UNPARSABLE: parsing "f.sql" at 3:19: found syntax error at or near "x", ' +
        "expected SQL that the parser of PostgreSQL 17 reads. Correct the file, or restore it from version control. It holds SQL alone: " +
        "no commands and variables of psql, no rows of COPY, no byte order mark.",
      "    SELECT 'ü😀' FRM x y;",
      "                    ^",
    ]);
  });

  it("is refused with the text of a syntax error's line, without its CRLF", async () => {
    const { message } = await faultOf(() => slice("SELECT 1\r\n FROM FROM x\r\n;"));
    expect(message.split("\n").slice(1)).toEqual(["   FROM FROM x", "        ^"]);
  });

  it("is refused with a syntax error in a password, without showing the password", async () => {
    const { message } = await faultOf(() => slice("CREATE ROLE r PASSWORD hunter2;"));
    expect(message).toContain('at 1:24: found syntax error at or near "[secret]", ');
    expect(message.split("\n").slice(1)).toEqual([
      "  CREATE ROLE r PASSWORD [secret];",
      "                         ^",
    ]);
  });

  it("is refused with the position of its end if it ends too early", async () => {
    const { message } = await faultOf(() => slice("SELECT (1"));
    expect(message).toContain('parsing "f.sql" at 1:10: found syntax error at end of input');
  });
});

describe("the first line of a statement", () => {
  it("is the first that is not a comment, without its password", () => {
    const bytes = Buffer.from("\n-- why\n  ALTER ROLE r PASSWORD 'hunter2'\n;");
    expect(firstLine({ bytes })).toBe("ALTER ROLE r PASSWORD '[secret]'");
  });
});
