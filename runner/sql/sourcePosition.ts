import { withoutSecrets } from "../base/redaction";

/** A place in a file, as editors count it: line and column start at 1, a column is a character, not a byte. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
  /** The line's text, without its line end. */
  readonly text: string;
}

const NEWLINE = 0x0a;

/** In characters. */
const WIDEST_LINE = 400;

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

/**
 * The place of a byte in a file of UTF-8. Only that line is decoded, as the file may be large.
 *
 * @param offset counted from 0 in bytes
 */
export function bytePosition(file: Buffer, offset: number): SourcePosition {
  const lineStart = offset === 0 ? 0 : file.lastIndexOf(NEWLINE, offset - 1) + 1;
  const lineEnd = file.indexOf(NEWLINE, offset);
  let line = 1;
  for (let at = file.indexOf(NEWLINE); at !== -1 && at < lineStart;) {
    line += 1;
    at = file.indexOf(NEWLINE, at + 1);
  }
  return {
    line,
    column: Array.from(file.toString("utf8", lineStart, offset)).length + 1,
    text: file
      .toString("utf8", lineStart, lineEnd === -1 ? file.length : lineEnd)
      .replace(/\r$/, ""),
  };
}

/**
 * The line, and a line with a caret under the column, each indented by two spaces. Tabs stay tabs, so that the caret is in
 * the right column. Empty for a line that is wider than any screen.
 *
 * @param source the text that the line is of: its secrets are not shown
 */
export function caretLines(position: SourcePosition, source: string): string[] {
  if (position.text.length > WIDEST_LINE) {
    return [];
  }
  const before = Array.from(position.text)
    .slice(0, position.column - 1)
    .join("");
  const indent = Array.from(withoutSecrets(before, source))
    .map((character) => (character === "\t" ? "\t" : " "))
    .join("");
  return [`  ${withoutSecrets(position.text, source)}`, `  ${indent}^`];
}
