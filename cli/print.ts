import { styleText } from "node:util";
import { visible, visibleJson } from "../runner/base/visible";

/** How a line stands out, where its stream goes to a terminal that wants colours: Node.js knows NO_COLOR and its like. */
type Style = "bold" | "red";

/** Prints one line, or lines, to standard output. Nothing in them moves the terminal's cursor or hides. */
export function print(line: string, style?: Style): void {
  write(process.stdout, line, style);
}

/** The same on standard error: for what is not the answer. */
export function printAside(line: string, style?: Style): void {
  write(process.stderr, line, style);
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

function write(stream: NodeJS.WriteStream, line: string, style: Style | undefined): void {
  const text = visible(line);
  stream.write(`${style === undefined ? text : styleText(style, text, { stream })}\n`);
}
