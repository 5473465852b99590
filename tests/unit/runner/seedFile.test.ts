import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { cutSeed, type SeedStatement } from "../../../runner/data/seedFile";
import { sliceStatements } from "../../../runner/sql/statements";
import { faultOf } from "../../support/faults";
import { sqlFile } from "../../support/sqlArbitrary";

const utf8 = (text: string): Buffer => Buffer.from(text, "utf8");
const cut = (text: string): Promise<SeedStatement[]> => cutSeed("s.sql", utf8(text));
const refusalOf = async (text: string): Promise<string> => (await faultOf(() => cut(text))).message;

/** Lines as COPY writes them: no text in them may end the block or begin a statement. */
const rowLines = fc
  .array(
    fc
      .array(
        fc.constantFrom("a", ";", "'", '"', "$$", "/*", "--", "\\\\.", "\\N", "\t", "é", "\\t"),
      )
      .map((parts) => `x${parts.join("")}\n`),
    { maxLength: 4 },
  )
  .map((lines) => lines.join(""));

describe("the parser of a seed", () => {
  it("finds the same statements as PostgreSQL's parser in any SQL", async () => {
    await fc.assert(
      fc.asyncProperty(sqlFile, async ({ text }) => {
        const slices = await sliceStatements("f.sql", utf8(text));
        const seed = await cut(text);
        expect(seed.map(({ kind }) => kind)).toEqual(slices.map(({ kind }) => kind));
        for (const { bytes, offset } of seed) {
          expect(
            utf8(text)
              .subarray(offset, offset + bytes.length)
              .equals(bytes),
          ).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("gives every COPY its own lines, with any text in and around them", async () => {
    const part = fc.record({ sql: sqlFile, rows: rowLines, end: fc.constantFrom("\n", "\r\n") });
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 3 }), async (parts) => {
        const text = parts
          .map(({ sql, rows, end }) => `${sql.text}\n;COPY t FROM stdin;${end}${rows}\\.${end}`)
          .join("");
        const found = (await cut(text)).flatMap(({ rows }) => (rows === undefined ? [] : [rows]));
        expect(found.map(({ bytes }) => bytes.toString("utf8"))).toEqual(
          parts.map(({ rows }) => rows),
        );
        for (const { bytes, offset } of found) {
          expect(
            utf8(text)
              .subarray(offset, offset + bytes.length)
              .equals(bytes),
          ).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("reads a dump after a byte order mark", async () => {
    const seed = await cut("\uFEFF\\restrict abc\nSELECT 1;\n\\unrestrict abc\n");
    expect(seed.map(({ kind }) => kind)).toEqual(["SelectStmt"]);
  });

  it("reads a dump of pg_dump with its preamble, restriction, functions and rows", async () => {
    const dump = readFileSync(join(__dirname, "../../support/fixtures/shop.dump"));
    const statements = await cutSeed("shop.dump", dump);
    expect(dump.toString("utf8")).toMatch(/^\\restrict /m);
    expect(statements.filter(({ kind }) => kind === "CreateFunctionStmt")).toHaveLength(2);
    const copied = statements.filter(({ rows }) => rows !== undefined);
    expect(copied.map(({ rows }) => rows?.bytes.toString("utf8").split("\n").length)).toEqual([
      4, 5,
    ]);
  });

  it("reads a COPY without rows, and a last statement without a semicolon", async () => {
    const found = await cut("\uFEFFCOPY t FROM stdin;\n\\.\n;;SELECT 1");
    expect(found.map(({ kind, rows }) => [kind, rows?.bytes.length])).toEqual([
      ["CopyStmt", 0],
      ["SelectStmt", undefined],
    ]);
    expect(await cut("-- nothing\n;")).toEqual([]);
  });
});

describe("a seed", () => {
  it.each([
    ["BEGIN", "transaction control (BEGIN)"],
    ["COMMIT", "transaction control (COMMIT)"],
    ["END", "transaction control (COMMIT)"],
    ["ROLLBACK", "transaction control (ROLLBACK)"],
    ["SAVEPOINT a", "transaction control (SAVEPOINT)"],
    ["ROLLBACK TO a", "transaction control (ROLLBACK TO)"],
    ["PREPARE TRANSACTION 'a'", "transaction control (PREPARE)"],
    ["SET TRANSACTION READ ONLY", "transaction control (SET TRANSACTION)"],
    ["CREATE DATABASE d", "CREATE DATABASE, which cannot run in a transaction"],
    ["VACUUM t", "VACUUM, which cannot run in a transaction"],
    ["CLUSTER", "CLUSTER of every table, which cannot run in a transaction"],
    ["DISCARD ALL", "DISCARD ALL, which cannot run in a transaction"],
    ["ALTER SYSTEM SET a = 1", "ALTER SYSTEM, which cannot run in a transaction"],
    ["CREATE INDEX CONCURRENTLY i ON t (a)", "CREATE INDEX CONCURRENTLY, which cannot run"],
    ["DROP INDEX CONCURRENTLY i", "DROP INDEX CONCURRENTLY, which cannot run"],
    ["REINDEX TABLE CONCURRENTLY t", "REINDEX CONCURRENTLY, which cannot run"],
    ["REINDEX SCHEMA s", "REINDEX of more than a table, which cannot run"],
    ["ALTER TABLE t DETACH PARTITION p CONCURRENTLY", "DETACH PARTITION CONCURRENTLY, which"],
    ["COPY t FROM '/etc/passwd'", "COPY that is not FROM stdin"],
    ["COPY t FROM PROGRAM 'id'", "COPY that is not FROM stdin"],
    ["COPY t TO stdout", "COPY that is not FROM stdin"],
    ["COPY t FROM stdin (FORMAT binary)", "COPY of binary rows"],
    ["SET client_encoding = 'LATIN1'", "SET client_encoding to LATIN1"],
    ["SET standard_conforming_strings = off", "SET standard_conforming_strings to off"],
    ["\\connect other", "psql's command \\connect"],
    ["\\restrict", "psql's command \\restrict"],
    ["SELECT 1 \\gexec", "psql's command \\gexec"],
  ])("is refused with the line and column of %s", async (sql, found) => {
    const message = await refusalOf(`-- é\nSELECT 'é'; ${sql};\n`);
    const column = 13 + (sql.startsWith("SELECT 1") ? "SELECT 1 ".length : 0);
    expect(message).toContain(
      `SEED_REFUSED: reading the seed "s.sql" at 2:${String(column)}: found ${found}`,
    );
  });

  it("is refused with every fault at once", async () => {
    expect(await refusalOf("BEGIN;\nSELECT 1;\n\\set a 1\nSELECT :a;\n")).toMatch(
      /found transaction control \(BEGIN\).*\n {2}- s\.sql:1:1: .*BEGIN\)\n {2}- s\.sql:3:1: psql's command \\set$/,
    );
  });

  it("is refused if only a server newer than the parser reads it", async () => {
    const virtual = "CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a) VIRTUAL);";
    expect(await refusalOf(virtual)).toContain(
      "expected SQL that the parser of PostgreSQL 17 reads",
    );
  });

  it("is refused with the place and a caret if PostgreSQL's parser cannot read it", async () => {
    expect(await refusalOf("SELECT 1;\n-- é\nSELECT 'é' FORM t;")).toMatch(
      /^SEED_REFUSED: parsing the seed "s\.sql" at 3:17: found syntax error at or near "t", .*\n {2}SELECT 'é' FORM t;\n {2} {16}\^$/,
    );
  });

  it.each([
    ["COPY t FROM stdin;\n1\n2\n", "1:19", "COPY … FROM stdin whose rows have no end"],
    ["COPY t FROM stdin; SELECT 1;\n", "1:19", "something else on the line of a COPY"],
    ["SELECT 1;\0", "1:10", "a zero byte"],
  ])("is refused if it is cut off or has a zero byte: %j", async (text, place, found) => {
    expect(await refusalOf(text)).toContain(`at ${place}: found ${found}`);
  });

  it("is refused if it is not UTF-8", async () => {
    const { message } = await faultOf(() => cutSeed("s.sql", Buffer.from("SELECT 'é'", "latin1")));
    expect(message).toContain("found bytes that are not UTF-8");
  });
});
