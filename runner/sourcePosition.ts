/** A place in a file, as editors count it: line and column start at 1, a column is a character, not a byte. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
  /** The line's text, without its line end. */
  readonly text: string;
}

/**
 * The place of a character in a text.
 *
 * @param text the whole file
 * @param offset counted from 0 in characters as PostgreSQL counts them (code points, not UTF-16 units)
 */
export function sourcePosition(text: string, offset: number): SourcePosition {
  const before = Array.from(text).slice(0, offset).join("");
  const lines = before.split("\n");
  const lineStart = before.lastIndexOf("\n") + 1;
  const lineEnd = text.indexOf("\n", lineStart);
  const line = text.slice(lineStart, lineEnd === -1 ? undefined : lineEnd).replace(/\r$/, "");
  return { line: lines.length, column: Array.from(lines.at(-1) ?? "").length + 1, text: line };
}

/** The line with a caret under the column, each indented by two spaces. Tabs stay tabs, so that the caret stands right. */
export function caretLines(position: SourcePosition): string[] {
  const indent = Array.from(position.text)
    .slice(0, position.column - 1)
    .map((character) => (character === "\t" ? "\t" : " "))
    .join("");
  return [`  ${position.text}`, `  ${indent}^`];
}
