import { visible, visibleJson } from "../runner/base/visible";

/** Prints one line, or lines, to standard output. Nothing in them moves the terminal's cursor or hides. */
export function print(line: string): void {
  process.stdout.write(`${visible(line)}\n`);
}

/** The same on standard error: for what is not the answer. */
export function printAside(line: string): void {
  process.stderr.write(`${visible(line)}\n`);
}

/** Prints a value as JSON that a program reads. */
export function printJson(value: unknown): void {
  print(visibleJson(value, 2));
}

/** Empties the terminal; what goes to a file or a pipe is left as it is. */
export function clearScreen(): void {
  if (process.stdout.isTTY) {
    process.stdout.write("\u001b[2J\u001b[3J\u001b[H");
  }
}

/** A row of cells by column name; null is shown as nothing. */
export type TableRow = Readonly<Record<string, unknown>>;

/** The rows as a table for the eye: a header, a rule, a line a row; numbers to the right. */
export function formatTable(columns: readonly string[], rows: readonly TableRow[]): string {
  const cells = rows.map((row) => columns.map((column) => formatCell(row[column])));
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...cells.map((line) => line[index]?.length ?? 0)),
  );
  const isNumeric = columns.map((column) =>
    rows.every((row) => /^-?\d+(\.\d+)?$/.test(formatCell(row[column]))),
  );
  const format = (line: readonly string[]): string =>
    line
      .map((cell, index) => {
        const width = widths[index] ?? 0;
        return isNumeric[index] === true && rows.length > 0
          ? cell.padStart(width)
          : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return [
    format(columns),
    widths.map((width) => "-".repeat(width)).join("  "),
    ...cells.map(format),
  ].join("\n");
}

function formatCell(value: unknown): string {
  if (value === null || value === undefined) {
    return "";
  }
  if (value instanceof Date) {
    return value.toISOString();
  }
  // What a database holds moves no terminal's cursor, and breaks no line.
  return visible(typeof value === "string" ? value : JSON.stringify(value)).replace(/\s/g, " ");
}
