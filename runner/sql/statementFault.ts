import { DatabaseError } from "pg";
import { fault, messageOf, type Fault } from "../base/fault";
import { withoutSecrets } from "../base/redaction";
import type { Statement } from "../model";
import { LOCK_NOT_AVAILABLE } from "../postgres/waitForLock";
import { caretLines, sourcePosition, type SourcePosition } from "./sourcePosition";

/** Where a statement comes from, for messages. */
export interface StatementSource {
  /** `sql/ad_005/directive.sql` */
  readonly file: string;
  /** The whole file's text: no message shows its secrets. */
  readonly source: string;
  /** The step that the statement is part of. */
  readonly stepId: string;
  /** Whether the plan has committed something before: that stays where this statement fails. */
  readonly isAfterCommit?: boolean;
  /** What to do about the server's error. Default: `Correct what the server names`. */
  readonly cure?: string;
}

/**
 * The fault of a statement that failed: file, line, column, a caret, the server's message with its SQLSTATE, detail and hint.
 */
export function statementFault(from: StatementSource, statement: Statement, error: unknown): Fault {
  const position = positionOf(error);
  const place =
    position === undefined
      ? placeOfStatement(from.source, statement)
      : sourcePosition(from.source, statement.offset + position);
  return statementFaultAt(place, from, error);
}

/** Where in its file a statement begins, behind the comments above it. */
export function placeOfStatement(source: string, statement: Statement): SourcePosition {
  return sourcePosition(source, statement.offset + leadingLength(statement));
}

/** The position of a server's error in the text that was sent, in characters from 0. */
export function positionOf(error: unknown): number | undefined {
  const position = error instanceof DatabaseError ? error.position : undefined;
  return position === undefined ? undefined : Number(position) - 1;
}

/** {@link statementFault} for a place that is known. */
export function statementFaultAt(
  place: SourcePosition,
  {
    file,
    source,
    stepId,
    isAfterCommit = false,
    cure = "Correct what the server names",
  }: StatementSource,
  error: unknown,
): Fault {
  const database = error instanceof DatabaseError ? error : undefined;
  const code = database?.code;
  const isLock = code === LOCK_NOT_AVAILABLE;
  return fault(isLock ? "LOCK_TIMEOUT" : "STATEMENT_FAILED", {
    what: `running ${stepId} at ${file}:${String(place.line)}:${String(place.column)}`,
    found: `${withoutSecrets(messageOf(error), source)}${code === undefined ? "" : ` (SQLSTATE ${code})`}`,
    remedy: remedyFor(isLock, isAfterCommit, cure),
    detail: [
      ...caretLines(place, source),
      ...[
        ["detail", database?.detail],
        ["hint", database?.hint],
        ["where", database?.where],
      ].flatMap(([name, text]) =>
        text === undefined ? [] : [`  ${String(name)}: ${withoutSecrets(text, source)}`],
      ),
    ],
    cause: error,
  });
}

function remedyFor(isLock: boolean, isAfterCommit: boolean, ownCure: string): string {
  const cure = isLock ? "Wait for, or end, the session that holds the lock" : ownCure;
  if (isAfterCommit) {
    return `What was committed before stays. ${cure}, and run again: it goes on from there`;
  }
  return `Nothing was changed${isLock ? "" : ": everything was rolled back"}. ${cure}, and run again`;
}

/** How many characters of the slice are comments, white space and semicolons before the statement itself. */
function leadingLength(statement: Statement): number {
  const text = statement.bytes.toString("utf8");
  const leading = /^(?:[\s;]+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/.exec(text)?.[0] ?? "";
  return Array.from(leading).length;
}
