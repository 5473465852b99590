import type { Statement } from "../model";

/** Statements that change rows; they do not fire event triggers themselves. */
const DATA_TAGS: ReadonlySet<string> = new Set([
  "DELETE",
  "INSERT",
  "LOCK TABLE",
  "MERGE",
  "SELECT",
  "TRUNCATE TABLE",
  "UPDATE",
]);

/**
 * Whether one of these statements can fire event triggers for a command with this tag (`CREATE TABLE`), by their locks. A DO
 * block is searched for the tag's words; a statement that runs code and changed objects when it was locked counts for every
 * tag. The answer may be true too often, never too rarely. https://www.postgresql.org/docs/17/event-trigger-matrix.html
 */
export function firesTag(statements: readonly Statement[], tag: string): boolean {
  return statements.some((statement) => {
    const own = commandTag(statement);
    return own === "DO"
      ? textOf(statement).toUpperCase().replace(/\s+/g, " ").includes(tag)
      : own === tag || own === undefined;
  });
}

/** Whether one of these statements can fire event triggers without a filter. */
export function firesEvents(statements: readonly Statement[]): boolean {
  return statements.some((statement) => commandTag(statement) !== null);
}

/** Whether one of these statements may drop an object: the event sql_drop. */
export function dropsObjects(statements: readonly Statement[]): boolean {
  return statements.some((statement) => {
    const tag = statement.locked?.tag ?? "";
    return (
      tag.startsWith("DROP ") ||
      (/^(?:ALTER |DO$)/.test(tag) && /\bDROP\b/i.test(textOf(statement)))
    );
  });
}

/** Whether one of these statements may rewrite a table: the event table_rewrite. */
export function altersObjects(statements: readonly Statement[]): boolean {
  return statements.some(({ locked }) => locked?.tag.startsWith("ALTER "));
}

/** The statement's tag for event triggers; null where it fires none, undefined where it may fire any. */
function commandTag({ locked }: Statement): string | null | undefined {
  if (locked === undefined || locked.tag === "CALL") {
    return undefined;
  }
  const { tag, added, changed, renamed, removed } = locked;
  const isData = DATA_TAGS.has(tag);
  return isData && [added, changed, renamed, removed].every((list) => list.length === 0)
    ? null
    : isData
      ? undefined
      : tag;
}

/** The statement's text without comments. */
function textOf({ bytes }: Statement): string {
  return bytes.toString("utf8").replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, " ");
}
