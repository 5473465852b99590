/** A part of an SQL file that psql would send at once: up to a semicolon, a backslash command, or the end of the file. */
export interface SqlPiece {
  /** The piece's first byte that is neither white space nor part of a comment; `end` where there is none. */
  readonly start: number;
  /** After the semicolon; at the backslash; or the file's length. */
  readonly end: number;
  readonly stop: "semicolon" | "backslash" | "end";
}

const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;
const QUOTE = 0x27;
const DOUBLE_QUOTE = 0x22;
const DOLLAR = 0x24;
const SEMICOLON = 0x3b;

/**
 * Finds the next piece of a file as psql does: by quotes, comments, parentheses and bodies of functions, without parsing
 * SQL. PostgreSQL's parser checks the piece afterwards.
 *
 * Strings are standard-conforming. https://github.com/postgres/postgres/blob/REL_17_STABLE/src/fe_utils/psqlscan.l
 *
 * @param from where the previous piece ended
 */
export function nextPiece(file: Buffer, from: number): SqlPiece {
  const bodies = new BodyDepth();
  let start: number | undefined;
  let parentheses = 0;
  let at = from;
  while (at < file.length) {
    const blank = endOfBlank(file, at);
    if (blank > at) {
      at = blank;
      continue;
    }
    start ??= at;
    const byte = file[at];
    if (byte === BACKSLASH) {
      return { start, end: at, stop: "backslash" };
    }
    if (byte === SEMICOLON && parentheses === 0 && bodies.depth === 0) {
      return { start, end: at + 1, stop: "semicolon" };
    }
    const word = endOfWord(file, at);
    if (word > at) {
      const text = file.toString("latin1", at, Math.min(word, at + 16)).toLowerCase();
      if (parentheses === 0) {
        bodies.take(word - at > 16 ? "" : text);
      }
      at = text === "e" && file[word] === QUOTE ? endOfQuote(file, word, true) : word;
    } else {
      parentheses = Math.max(0, parentheses + (byte === 0x28 ? 1 : byte === 0x29 ? -1 : 0));
      at = endOfToken(file, at);
    }
  }
  return { start: start ?? file.length, end: file.length, stop: "end" };
}

/** The nesting depth in `BEGIN ATOMIC … END` of CREATE FUNCTION, where a semicolon does not end the statement. */
class BodyDepth {
  public depth = 0;
  private readonly first: string[] = [];

  public take(word: string): void {
    if (this.first.length < 4) {
      this.first.push(word);
    }
    if (!/^create (or replace )?(function|procedure)/.test(this.first.join(" "))) {
      return;
    }
    if (word === "begin" || (word === "case" && this.depth > 0)) {
      this.depth += 1;
    } else if (word === "end" && this.depth > 0) {
      this.depth -= 1;
    }
  }
}

/** The offset after a blank or a comment; `at` where there is none. */
function endOfBlank(file: Buffer, at: number): number {
  const byte = file[at] ?? 0;
  if (byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)) {
    return at + 1;
  }
  if (byte === 0x2d && file[at + 1] === 0x2d) {
    return orEnd(file, file.indexOf(NEWLINE, at));
  }
  return byte === 0x2f && file[at + 1] === 0x2a ? endOfComment(file, at + 2) : at;
}

/** Block comments nest. */
function endOfComment(file: Buffer, from: number): number {
  let depth = 1;
  let at = from;
  while (at < file.length && depth > 0) {
    const isOpening = file[at] === 0x2f && file[at + 1] === 0x2a;
    const isClosing = file[at] === 0x2a && file[at + 1] === 0x2f;
    depth += isOpening ? 1 : isClosing ? -1 : 0;
    at += isOpening || isClosing ? 2 : 1;
  }
  return at;
}

/** The offset after an identifier, a keyword or a number; `from` where none begins. */
function endOfWord(file: Buffer, from: number): number {
  let at = from;
  while (at < file.length && isWordByte(file[at] ?? 0, at > from)) {
    at += 1;
  }
  return at;
}

function isWordByte(byte: number, isInside: boolean): boolean {
  const letter = byte | 0x20;
  const isDigit = byte >= 0x30 && byte <= 0x39;
  return (
    (letter >= 0x61 && letter <= 0x7a) ||
    isDigit ||
    byte === 0x5f ||
    byte >= 0x80 ||
    (isInside && byte === DOLLAR)
  );
}

/** The offset after a quoted string or identifier, a dollar-quoted string, or one other byte. */
function endOfToken(file: Buffer, at: number): number {
  const byte = file[at];
  if (byte === QUOTE || byte === DOUBLE_QUOTE) {
    return endOfQuote(file, at, false);
  }
  return byte === DOLLAR ? endOfDollar(file, at) : at + 1;
}

/** The offset after the closing quote, which is neither doubled nor, in E'…', escaped. */
function endOfQuote(file: Buffer, from: number, hasEscapes: boolean): number {
  const quote = file[from];
  let at = from + 1;
  while (at < file.length) {
    if (file[at] === quote && file[at + 1] !== quote) {
      return at + 1;
    }
    at += file[at] === quote || (hasEscapes && file[at] === BACKSLASH) ? 2 : 1;
  }
  return file.length;
}

function endOfDollar(file: Buffer, from: number): number {
  let at = from + 1;
  while (at < file.length && file[at] !== DOLLAR && isWordByte(file[at] ?? 0, false)) {
    at += 1;
  }
  const first = file[from + 1] ?? 0;
  const isNumber = first >= 0x30 && first <= 0x39;
  if (file[at] !== DOLLAR || isNumber) {
    return from + 1;
  }
  const tag = file.subarray(from, at + 1);
  const close = file.indexOf(tag, at + 1);
  return close === -1 ? file.length : close + tag.length;
}

function orEnd(file: Buffer, index: number): number {
  return index === -1 ? file.length : index;
}
