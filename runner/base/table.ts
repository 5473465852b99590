import { visible } from "./visible";

/** Where nobody says how wide the screen is: a pipe, a file, a log. */
const DEFAULT_WIDTH = 80;
const GAP = "  ";

/** A row of cells by column name; null is shown as nothing. */
export type TableRow = Readonly<Record<string, unknown>>;

/** How many columns standard output shows in a line. */
function screenWidth(): number {
  // A terminal that does not tell says 0, or nothing.
  const { isTTY, columns } = process.stdout;
  return isTTY && columns > 0 ? columns : DEFAULT_WIDTH;
}

/**
 * The rows as a table for the eye: a header, a rule, a row below the other; numbers to the right. Where it would be wider
 * than the screen, its widest column folds onto further lines, and then the next one; nothing is left out.
 */
export function formatTable(
  columns: readonly string[],
  rows: readonly TableRow[],
  width: number = screenWidth(),
): string {
  const cells = rows.map((row) => columns.map((column) => formatCell(row[column])));
  const isNumeric = columns.map(
    (_, index) => cells.length > 0 && cells.every((row) => NUMBER.test(row[index] ?? "")),
  );
  const widths = fitWidths([columns, ...cells], width);
  return [
    ...layOut([columns], widths, isNumeric),
    widths.map((one) => "-".repeat(one)).join(GAP),
    ...layOut(cells, widths, isNumeric),
  ].join("\n");
}

/** The rows below each other without a header, as lines; folded as a table is. */
export function formatRows(
  rows: readonly (readonly string[])[],
  width: number = screenWidth(),
): string[] {
  const cells = rows.map((row) => row.map(formatCell));
  return layOut(cells, fitWidths(cells, width), []);
}

const NUMBER = /^-?\d+(\.\d+)?$/;

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

/** The columns' widths: as wide as they need, or the widest narrower until all fit, at first no word cut in two. */
function fitWidths(rows: readonly (readonly string[])[], limit: number): number[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widest = (of: (cell: string) => number): number[] =>
    Array.from({ length: count }, (_, at) => Math.max(0, ...rows.map((row) => of(row[at] ?? ""))));
  const room = limit - GAP.length * (count - 1);
  const widths = widest(widthOf).map((width) => Math.min(width, limit));
  // A long name keeps no more than its share: sentences beside it would have a word a line.
  const share = Math.floor(room / Math.max(1, count));
  for (const floors of [
    widest((cell) => Math.max(0, ...piecesOf(cell).map((piece) => widthOf(piece.trimEnd())))).map(
      (width) => Math.min(width, share),
    ),
    // Twice as wide as the widest character.
    widths.map(() => 4),
  ]) {
    while (widths.reduce((sum, width) => sum + width, 0) > room) {
      const narrowable = widths.filter((width, at) => width > (floors[at] ?? 0));
      const most = Math.max(...narrowable);
      const at = widths.findIndex((width, index) => width === most && width > (floors[index] ?? 0));
      if (at === -1) {
        break;
      }
      widths[at] = most - 1;
    }
  }
  return widths;
}

function layOut(
  rows: readonly (readonly string[])[],
  widths: readonly number[],
  isNumeric: readonly boolean[],
): string[] {
  return rows.flatMap((row) => {
    const folded = row.map((cell, at) => fold(cell, widths[at] ?? 0));
    const height = Math.max(1, ...folded.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) =>
      folded
        .map((lines, at) => {
          const cell = lines[line] ?? "";
          const padding = " ".repeat(Math.max(0, (widths[at] ?? 0) - widthOf(cell)));
          return isNumeric[at] === true ? padding + cell : cell + padding;
        })
        .join(GAP)
        .trimEnd(),
    );
  });
}

/** The cell on lines of that width: cut between words and between the parts of a name or a path, else anywhere. */
function fold(cell: string, width: number): string[] {
  if (widthOf(cell) <= width) {
    return [cell];
  }
  const lines: string[] = [];
  let line = "";
  for (const piece of piecesOf(cell)) {
    if (line !== "" && widthOf((line + piece).trimEnd()) > width) {
      lines.push(line.trimEnd());
      line = "";
    }
    for (const character of piece) {
      if (character !== " " && widthOf(line + character) > width) {
        lines.push(line.trimEnd());
        line = "";
      }
      line += character;
    }
  }
  return [...lines, line.trimEnd()];
}

/** Behind blanks, and what joins the parts of a name, a path or a list; not within a date or another row of numbers. */
const BREAK = /(?<=[\s_./,:;-])(?![\s_./,:;-])(?<!\d[\s.,:-]+(?=\d))/u;

/** What stays together on a line. */
function piecesOf(text: string): readonly string[] {
  return text.split(BREAK);
}

const PLAIN = /^[ -~]*$/;
const MARK = /\p{M}/u;
const WIDE =
  /[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;

/** How many columns of a terminal the text takes: two for a Chinese character, none for an accent of its own. */
function widthOf(text: string): number {
  return PLAIN.test(text)
    ? text.length
    : Array.from(text).reduce(
        (sum, character) => sum + (MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1),
        0,
      );
}
