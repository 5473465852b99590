import { visible } from "./visible";

/** The width where the output is not a terminal: a pipe, a file, a log. */
const DEFAULT_WIDTH = 80;
const GAP = "  ";

/** A row of cells by column name; null is shown as an empty cell. */
export type TableRow = Readonly<Record<string, unknown>>;

/** How many characters a line of standard output has. */
function screenWidth(): number {
  // A terminal of unknown width has 0 or undefined columns.
  const { isTTY, columns } = process.stdout;
  return isTTY && columns > 0 ? columns : DEFAULT_WIDTH;
}

/**
 * The rows as a text table: a header, a rule, the rows; numbers are aligned to the right. Where the table would be wider
 * than the screen, its widest columns are folded onto further lines; nothing is left out.
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

/** The rows as lines without a header, folded as in a table. */
export function formatRows(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map(formatCell));
  return layOut(cells, fitWidths(cells, screenWidth()), []);
}

const NUMBER = /^-?\d+(\.\d+)?$/;

function formatCell(value: unknown): string {
  if (value === null || value === undefined) {
    return "";
  }
  if (value instanceof Date) {
    return value.toISOString();
  }
  // Text from a database must not move the terminal's cursor or break a line.
  return visible(typeof value === "string" ? value : JSON.stringify(value)).replace(/\s/g, " ");
}

/** The columns' widths: their longest cells', or the widest columns narrowed until all fit, if possible without cutting words. */
function fitWidths(rows: readonly (readonly string[])[], limit: number): number[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widest = (of: (cell: string) => number): number[] =>
    Array.from({ length: count }, (_, at) => Math.max(0, ...rows.map((row) => of(row[at] ?? ""))));
  const room = limit - GAP.length * (count - 1);
  const widths = widest(widthOf).map((width) => Math.min(width, limit));
  // A long name gets no more than its share of the width, so that sentences beside it have room.
  const share = Math.floor(room / Math.max(1, count));
  for (const floors of [
    widest((cell) => Math.max(0, ...piecesOf(cell).map((piece) => widthOf(piece.trimEnd())))).map(
      (width) => Math.min(width, share),
    ),
    // The least width, twice that of the widest character.
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

/** The cell as lines of that width: broken between words or parts of a name or path where possible, else anywhere. */
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

/** Where a line may be broken: after blanks and after characters that join parts of a name, a path or a list; never within a date or another group of numbers. */
const BREAK = /(?<=[\s_./,:;-])(?![\s_./,:;-])(?<!\d[\s.,:-]+(?=\d))/u;

/** The parts of the text that are not broken. */
function piecesOf(text: string): readonly string[] {
  return text.split(BREAK);
}

const PLAIN = /^[ -~]*$/;
const MARK = /\p{M}/u;
const WIDE =
  /[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;

/** How many columns of a terminal the text takes: two for a Chinese character, none for a combining accent. */
function widthOf(text: string): number {
  return PLAIN.test(text)
    ? text.length
    : Array.from(text).reduce(
        (sum, character) => sum + (MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1),
        0,
      );
}
