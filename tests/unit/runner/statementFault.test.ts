import { DatabaseError } from "pg";
import type { Statement } from "../../../runner/model";
import { statementFault } from "../../../runner/sql/statementFault";
import { sliceStatements } from "../../../runner/sql/statements";

const SOURCE = [
  "-- é😀 first",
  "SELECT 1;",
  "",
  "/* before;",
  "   it */",
  "  SELECT 'ü',",
  "\tmissing FROM t;",
  "",
].join("\n");

let statement: Statement;
beforeAll(async () => {
  const slices = await sliceStatements("f.sql", Buffer.from(SOURCE, "utf8"));
  statement =
    slices[1] ??
    (() => {
      throw new Error("no second statement");
    })();
});

/** The server's error; `position` counts the statement's characters from 1. */
function databaseError(fields: Partial<DatabaseError>): DatabaseError {
  return Object.assign(new DatabaseError("column does not exist", 100, "error"), fields);
}

const messageOf = (error: unknown, source = SOURCE): string =>
  statementFault({ file: "sql/d/f.sql", source, stepId: "section_9" }, statement, error).message;

const ROLLED_BACK =
  "Nothing was changed: everything was rolled back. Correct what the server names, and run again.";

describe("the server's error in a statement", () => {
  it("is shown with its position in the file, a caret, the SQLSTATE, detail, hint and where", () => {
    const before = Array.from(statement.bytes.toString("utf8").split("missing")[0] ?? "").length;
    const error = databaseError({
      code: "42703",
      position: String(before + 1),
      detail: "There is no such column.",
      hint: "Look again.",
      where: "SQL function x",
    });
    expect(messageOf(error).split("\n")).toEqual([
      `STATEMENT_FAILED: running section_9 at sql/d/f.sql:7:2: found column does not exist (SQLSTATE 42703). ${ROLLED_BACK}`,
      "  \tmissing FROM t;",
      "  \t^",
      "  detail: There is no such column.",
      "  hint: Look again.",
      "  where: SQL function x",
    ]);
  });

  it("is shown at the statement's first word if the server gives no position", () => {
    expect(messageOf(databaseError({ code: "42501" })).split("\n")).toEqual([
      `STATEMENT_FAILED: running section_9 at sql/d/f.sql:6:3: found column does not exist (SQLSTATE 42501). ${ROLLED_BACK}`,
      "    SELECT 'ü',",
      "    ^",
    ]);
  });

  it("is shown at the right line of a file with CRLF", async () => {
    const source = SOURCE.replaceAll("\n", "\r\n");
    const slices = await sliceStatements("f.sql", Buffer.from(source, "utf8"));
    const second = slices[1] ?? statement;
    const { message } = statementFault(
      { file: "f.sql", source, stepId: "s" },
      second,
      databaseError({ code: "42501" }),
    );
    expect(message.split("\n").slice(1)).toEqual(["    SELECT 'ü',", "    ^"]);
    expect(message).toContain("at f.sql:6:3:");
  });

  it("is LOCK_TIMEOUT for the SQLSTATE 55P03", () => {
    const { code, message } = statementFault(
      { file: "f.sql", source: SOURCE, stepId: "section_2" },
      statement,
      databaseError({ code: "55P03" }),
    );
    expect(code).toBe("LOCK_TIMEOUT");
    expect(message.split("\n")[0]).toBe(
      "LOCK_TIMEOUT: running section_2 at f.sql:6:3: found column does not exist (SQLSTATE 55P03). " +
        "Nothing was changed. Wait for, or end, the session that holds the lock, and run again.",
    );
  });

  it("is shown without a SQLSTATE if the connection is broken", () => {
    expect(messageOf(new Error("Connection terminated unexpectedly")).split("\n")[0]).toBe(
      `STATEMENT_FAILED: running section_9 at sql/d/f.sql:6:3: found Connection terminated unexpectedly. ${ROLLED_BACK}`,
    );
  });

  it("is shown without the statement's secrets", async () => {
    const source = "CREATE ROLE r\n  LOGIN PASSWORD 'hunter2' NOSUCH;";
    const [only = statement] = await sliceStatements("f.sql", Buffer.from("SELECT 1;"));
    const { message } = statementFault(
      { file: "f.sql", source, stepId: "s" },
      only,
      databaseError({
        message: 'unrecognized role option "nosuch" after "hunter2"',
        position: String(source.indexOf("NOSUCH") + 1),
        detail: "It was 'hunter2'.",
        hint: "Not hunter2.",
        where: "SQL statement \"ALTER ROLE r PASSWORD 'other'\"",
      }),
    );
    expect(message.split("\n")).toEqual([
      `STATEMENT_FAILED: running s at f.sql:2:28: found unrecognized role option "nosuch" after "[secret]". ${ROLLED_BACK}`,
      "    LOGIN PASSWORD '[secret]' NOSUCH;",
      "                              ^",
      "  detail: It was '[secret]'.",
      "  hint: Not [secret].",
      "  where: SQL statement \"ALTER ROLE r PASSWORD '[secret]'\"",
    ]);
  });

  it("is the cause of the fault", () => {
    const error = databaseError({ code: "42703" });
    const made = statementFault({ file: "f", source: SOURCE, stepId: "s" }, statement, error);
    expect(made.cause).toBe(error);
  });
});
