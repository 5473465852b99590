import { DatabaseError } from "pg";
import { fault, messageOf, type Fault } from "./fault";
import { caretLines, sourcePosition } from "./sourcePosition";
import type { Statement } from "./statements";

/** What a statement belongs to, as far as a message needs it. */
export interface StatementSource {
  /** `sql/ad_005/directive.sql` */
  readonly file: string;
  /** The whole file's text. */
  readonly source: string;
  /** The step that the statement is part of. */
  readonly stepId: string;
}

/** The SQLSTATE of lock_timeout. */
const LOCK_NOT_AVAILABLE = "55P03";

/**
 * What the server said of a statement, with the place in its file: file, line, column, a caret, the SQLSTATE, the
 * server's detail and hint.
 */
export function statementFault(
  { file, source, stepId }: StatementSource,
  statement: Statement,
  error: unknown,
): Fault {
  const database = error instanceof DatabaseError ? error : undefined;
  const position = Number(database?.position ?? Number.NaN);
  const offset =
    statement.offset + (Number.isNaN(position) ? leadingLength(statement) : position - 1);
  const place = sourcePosition(source, offset);
  const code = database?.code;
  const isLock = code === LOCK_NOT_AVAILABLE;
  return fault(isLock ? "LOCK_TIMEOUT" : "STATEMENT_FAILED", {
    what: `running ${stepId} at ${file}:${String(place.line)}:${String(place.column)}`,
    found: `${messageOf(error)}${code === undefined ? "" : ` (SQLSTATE ${code})`}`,
    remedy: isLock
      ? "Nothing was changed. Wait for, or end, the session that holds the lock, and run again"
      : "Nothing was changed: everything was rolled back. Correct what the server names, and run again",
    detail: [
      ...caretLines(place),
      ...[
        ["detail", database?.detail],
        ["hint", database?.hint],
        ["where", database?.where],
      ].flatMap(([name, text]) => (text === undefined ? [] : [`  ${String(name)}: ${text}`])),
    ],
    cause: error,
  });
}

/** How many characters of the slice are comments and white space before the statement itself. */
function leadingLength(statement: Statement): number {
  const text = statement.bytes.toString("utf8");
  const leading = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/.exec(text)?.[0] ?? "";
  return Array.from(leading).length;
}
