import { DatabaseError, escapeIdentifier, escapeLiteral } from "pg";
import { fault, messageOf, type Fault } from "../../runner/base/fault";

export { escapeLiteral as literal };

export function name(...parts: readonly string[]): string {
  return parts.map((part) => escapeIdentifier(part)).join(".");
}

export function names(all: readonly string[]): string {
  return all.map((one) => name(one)).join(", ");
}

export function statementFault(what: string, error: unknown): Fault {
  if (!(error instanceof DatabaseError)) {
    return fault("STATEMENT_FAILED", {
      what,
      found: messageOf(error),
      remedy: "Check that the server still runs and can be reached, and run again",
      cause: error,
    });
  }
  const detail = [error.detail, error.hint].filter((line) => line !== undefined && line !== "");
  return fault("STATEMENT_FAILED", {
    what,
    found: `${error.message} (SQLSTATE ${error.code ?? "unknown"})`,
    remedy: REMEDIES[error.code ?? ""] ?? "Correct what the server names, and run again",
    detail: detail as string[],
    cause: error,
  });
}

/** By SQLSTATE. */
const REMEDIES: Readonly<Record<string, string>> = {
  "42501": "Log in as a role that may do this, or let an owner grant it to the provider's login",
  "2BP01": "Remove what depends on it first, or give it to another owner",
  ...sameFor("Create it first, or correct its name", "42704", "42P01", "3F000", "3D000"),
  ...sameFor("Import the existing object, or choose another name", "42710", "42P04", "42P06"),
};

function sameFor(remedy: string, ...states: readonly string[]): Record<string, string> {
  return Object.fromEntries(states.map((state) => [state, remedy]));
}
