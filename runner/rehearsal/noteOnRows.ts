import { DatabaseError } from "pg";
import { Fault } from "../base/fault";

/** The SQLSTATE classes of errors that depend on rows: their values and numbers, and errors that the SQL itself raises. */
const ABOUT_ROWS = /^(21|22|23|P0)/;

/** The note that a statement ran on empty tables; undefined where it failed for another reason than the generated rows. */
export function noteOnRows(error: unknown): string | undefined {
  const cause = error instanceof Fault ? error.cause : undefined;
  return error instanceof Fault &&
    cause instanceof DatabaseError &&
    ABOUT_ROWS.test(cause.code ?? "")
    ? `rows: ${error.parts.what} failed on generated ones (SQLSTATE ${cause.code ?? ""}), and ran on empty tables; whether the target's own rows fit, only the run shows`
    : undefined;
}
