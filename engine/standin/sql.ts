import { DatabaseError, escapeIdentifier, escapeLiteral } from "pg";
import { fault, messageOf, type Fault } from "../../runner/base/fault";

export { escapeLiteral as literal };

/** One name, quoted. */
export function name(...parts: readonly string[]): string {
  return parts.map((part) => escapeIdentifier(part)).join(".");
}

/** Several names, each quoted. */
export function names(all: readonly string[]): string {
  return all.map((one) => name(one)).join(", ");
}

/** A fault for an error of the server. */
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
    remedy: remedyFor(error.code),
    detail: detail as string[],
    cause: error,
  });
}

function remedyFor(state = ""): string {
  switch (state) {
    case "42501":
      return "Log in as a role that may do this, or let an owner grant it to the provider's login";
    case "2BP01":
      return "Remove what depends on it first, or give it to another owner";
    case "42704":
    case "42P01":
    case "3F000":
    case "3D000":
      return "Create it first, or correct its name";
    case "42710":
    case "42P04":
    case "42P06":
      return "Import the existing object, or choose another name";
    default:
      return "Correct what the server names, and run again";
  }
}
