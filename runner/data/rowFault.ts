import { DatabaseError } from "pg";
import { Fault, fault, messageOf } from "../base/fault";
import { LOCK_NOT_AVAILABLE } from "../postgres/waitForLock";

/** Descriptions of errors by SQLSTATE. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const CONDITIONS: Readonly<Record<string, string>> = {
  "22001": "a value that is too long for its column",
  "22003": "a number that is out of range",
  "22007": "a value that is no date or time",
  "22021": "bytes that are no characters of the encoding",
  "22P02": "a value that its column's type does not read",
  "22P04": "a line that does not have the columns that it should have",
  "23502": "no value where the column demands one",
  "23503": "a row that refers to one that is not there",
  "23505": "two rows with one key",
  "23514": "a row that a check, or every partition, refuses",
  "23P01": "two rows that exclude each other",
  "42501": "a login without the privilege",
  "42P01": "no such table",
  "42703": "no such column",
  "57014": "a statement that was cancelled, or took longer than the statement timeout",
  [LOCK_NOT_AVAILABLE]: "a lock that another session holds",
};

/**
 * Describes a server's error without any value of a row: the server's message, detail and context quote values, which must
 * not get into logs.
 */
function describeRowError(error: unknown): string {
  if (!(error instanceof DatabaseError)) {
    return messageOf(error);
  }
  const { code = "", schema, table, column, constraint } = error;
  const places = [
    `SQLSTATE ${code}`,
    ...(table === undefined ? [] : [`table "${schema ?? "public"}.${table}"`]),
    ...(column === undefined ? [] : [`column "${column}"`]),
    ...(constraint === undefined ? [] : [`constraint "${constraint}"`]),
  ];
  return `${CONDITIONS[code] ?? "an error of the server"} (${places.join(", ")})`;
}

/**
 * STATEMENT_FAILED, or LOCK_TIMEOUT, for rows that the server refused. The error is not kept as the cause, because it
 * contains values of the row.
 */
export function rowFault(what: string, error: unknown): Fault {
  const isLock = error instanceof DatabaseError && error.code === LOCK_NOT_AVAILABLE;
  return fault(isLock ? "LOCK_TIMEOUT" : "STATEMENT_FAILED", {
    what,
    found: describeRowError(error),
    remedy: "Nothing was changed: everything was rolled back. Correct what it names, and run again",
  });
}

/** For `catch`: throws the error as a {@link rowFault}, and a fault as it is. */
export function asRowFault(what: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof Fault ? error : rowFault(what, error);
  };
}
