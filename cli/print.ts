import { styleText } from "node:util";
import { visibleInLog, visibleJson } from "../runner/base/visible";

/** A style for terminals that show colours; Node.js honours NO_COLOR and similar variables. */
type Style = "bold" | "red";

/** Prints text and a line end to standard output. Control characters are made visible. */
export function print(line: string, style?: Style): void {
  write(process.stdout, line, style);
}

/** Prints to standard error, for messages that are not the verb's answer. */
export function printAside(line: string, style?: Style): void {
  write(process.stderr, line, style);
}

/** Prints each of these lines; nothing where there are none. */
export function printEach(lines: readonly string[], to: (line: string) => void = print): void {
  for (const line of lines) {
    to(line);
  }
}

export function printJson(value: unknown): void {
  print(visibleJson(value, 2));
}

/** Prints a verb's answer: the value where --json asks for JSON, else the lines. */
export function printAnswer(
  json: true | undefined,
  value: unknown,
  lines: () => readonly string[],
): void {
  if (json === true) {
    printJson(value);
  } else {
    print(lines().join("\n"));
  }
}

/** Clears the screen, where standard output is a terminal. */
export function clearScreen(): void {
  if (process.stdout.isTTY) {
    process.stdout.write("\u001b[2J\u001b[3J\u001b[H");
  }
}

function write(stream: NodeJS.WriteStream, line: string, style: Style | undefined): void {
  const text = visibleInLog(line);
  stream.write(`${style === undefined ? text : styleText(style, text, { stream })}\n`);
}
