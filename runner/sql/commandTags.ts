import type { Statement } from "../model";

/** They change rows, and fire no event of their own. */
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
 * Whether one of these statements can fire event triggers for a command with this tag (`CREATE TABLE`), by what their
 * locks say. A block of code (DO) is looked through for the tag's words; what runs code and changed objects where it was
 * locked counts for every tag. More than they fire, never less. https://www.postgresql.org/docs/17/event-trigger-matrix.html
 */
export function firesTag(statements: readonly Statement[], tag: string): boolean {
  return statements.some((statement) => {
    const own = commandTag(statement);
    return own === "DO"
      ? textOf(statement).toUpperCase().replace(/\s+/g, " ").includes(tag)
      : own === tag || own === undefined;
  });
}

/** Whether one of these statements is a command that event triggers without a filter see. */
export function firesEvents(statements: readonly Statement[]): boolean {
  return statements.some((statement) => commandTag(statement) !== null);
}

/** Whether one of these statements may drop something: the event sql_drop. */
export function dropsObjects(statements: readonly Statement[]): boolean {
  return statements.some((statement) => {
    const tag = statement.locked?.tag ?? "";
    return (
      tag.startsWith("DROP ") || (/^(?:ALTER |DO$)/.test(tag) && /\bDROP\b/i.test(textOf(statement)))
    );
  });
}

/** Whether one of these statements may write a table anew: the event table_rewrite. */
export function altersObjects(statements: readonly Statement[]): boolean {
  return statements.some(({ locked }) => locked?.tag.startsWith("ALTER "));
}

/** Null where no event fires; undefined where any may. */
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

/** Without comments. */
function textOf({ bytes }: Statement): string {
  return bytes.toString("utf8").replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, " ");
}
