import fc from "fast-check";

/**
 * SQL that PostgreSQL's parser reads, full of traps for a naive splitter: semicolons in strings, quoted
 * names, dollar quotes and comments, characters of one to four bytes, CRLF, and empty statements.
 */

/** A text that ends none of the quotings below. */
const text = fc
  .array(
    fc.constantFrom(
      "a",
      "Z",
      " ",
      ";",
      "\n",
      "\r\n",
      "\t",
      "é",
      "ß",
      "😀",
      "漢",
      "--",
      "$1",
      "/",
      "{}",
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(""));

const lineText = text.map((value) => value.replace(/[\r\n]/g, " "));

const gap = fc
  .array(
    fc.oneof(
      fc.constantFrom(" ", "\n", "\r\n", "\t", "\n\n"),
      lineText.map((value) => `-- ${value}\n`),
      lineText.map((value) => `-- ${value}\r\n`),
      text.map((value) => `/* ${value.replaceAll("/", "|")} */`),
      text.map((value) => `/* outer /* ${value.replaceAll("/", "|")} */ ; */`),
    ),
    { maxLength: 3 },
  )
  .map((parts) => parts.join(""));

const literal = fc.oneof(
  fc.integer({ min: 0 }).map(String),
  text.map((value) => `'${value}'`),
  text.map((value) => `'it''s ${value}'`),
  text.map((value) => `E'\\';${value}'`),
  text.map((value) => `$$${value.replaceAll("$", "")};$$`),
  text.map((value) => `$tag$ $$ ; ${value.replaceAll("$", "")} $tag$`),
);

const name = text.map((value) => `"n;${value}"`);

const statement = fc.oneof(
  literal.map((value) => `SELECT ${value}`),
  fc
    .tuple(name, gap, literal)
    .map(([column, space, value]) => `SELECT ${value} ${space}AS ${column}`),
  fc.tuple(name, gap).map(([table, space]) => `CREATE TABLE ${table} ${space}(id integer)`),
  fc.tuple(name, literal).map(([table, value]) => `INSERT INTO ${table} VALUES (${value})`),
  text.map((value) => `DO $do$ BEGIN; ${value.replaceAll("$", "")} END $do$`),
  literal.map(
    (value) => `CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT ${value}; SELECT 1; END`,
  ),
);

/** A whole file, and the statements in it as they were put in. */
export const sqlFile = fc
  .record({
    parts: fc.array(
      fc.record({
        before: gap,
        statement,
        after: gap,
        semicolons: fc.constantFrom(";", ";;", "; ;"),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    isLastOpen: fc.boolean(),
    end: gap,
  })
  .map(({ parts, isLastOpen, end }) => ({
    statements: parts.map((part) => part.statement),
    text:
      parts
        .map(({ before, statement: own, after, semicolons }, index) =>
          [before, own, after, isLastOpen && index === parts.length - 1 ? "" : semicolons].join(""),
        )
        .join("") + end,
  }));
