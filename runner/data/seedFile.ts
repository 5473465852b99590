import { isUtf8 } from "node:buffer";
import type { CopyStmt, VariableSetStmt } from "libpg-query";
import { fault, messageOf, type Fault } from "../base/fault";
import { withoutSecrets } from "../base/redaction";
import { outsideTransactions } from "../sql/outsideTransactions";
import { bytePosition, caretLines } from "../sql/sourcePosition";
import { PARSER_MAJOR } from "../sql/statements";
import type { Tree, TreeNode } from "../sql/tree";
import { nextPiece, type SqlPiece } from "./psqlScript";

/** One statement of a seed, with the rows that follow it where it is COPY … FROM stdin. */
export interface SeedStatement {
  /** The statement and its semicolon, as in the file. */
  readonly bytes: Buffer;
  /** Where it begins in the file, in bytes from 0. */
  readonly offset: number;
  /** The parser's name for it: `InsertStmt`. */
  readonly kind: string;
  /** For a SET, the parameter that it sets. */
  readonly setting?: string;
  /** The lines between COPY … FROM stdin and `\.`. */
  readonly rows?: SeedRows;
}

interface SeedRows {
  readonly bytes: Buffer;
  /** Where they begin in the file, in bytes from 0. */
  readonly offset: number;
}

const BYTE_ORDER_MARK = Buffer.from("\uFEFF");

/** The lines with which recent pg_dumps forbid psql to run backslash commands in the dump. */
const RESTRICTION = /^\\(un)?restrict [0-9A-Za-z]+[ \t]*\r?$/;

/** At most so many refusals are listed. */
const MOST_REFUSALS = 20;

/**
 * Cuts a seed into its statements and the rows of its COPY … FROM stdin. Before anything runs, it refuses what cannot run
 * in one transaction.
 *
 * @param name the file's name, for messages
 * @throws SEED_REFUSED with line and column of each refused statement or command
 */
export async function cutSeed(name: string, file: Buffer): Promise<SeedStatement[]> {
  refuseBinary(name, file);
  const statements: SeedStatement[] = [];
  const refusals: SeedRefusal[] = [];
  let at = startOf(file);
  while (at < file.length && refusals.length < MOST_REFUSALS) {
    const piece = nextPiece(file, at);
    at = piece.end;
    if (piece.stop === "backslash") {
      at = endOfLine(file, piece.end);
      if (!isRestriction(file, piece)) {
        refusals.push({ offset: piece.end, found: `psql's command ${commandAt(file, piece.end)}` });
      }
    } else if (piece.start < piece.end) {
      // After a refused statement the rest may not be SQL: then the refusal is reported, not the parser's error.
      const statement = await parsePiece(name, file, piece).catch((error: unknown) => {
        throw refusals.length > 0 ? refusedStatements(name, file, refusals) : error;
      });
      if (statement === undefined) {
        continue;
      }
      const refusal = refusedInSeed(statement.node);
      const isCopy = "CopyStmt" in statement.node;
      if (refusal !== undefined) {
        refusals.push({ offset: statement.offset, found: refusal });
        at = isCopy ? file.length : at;
        continue;
      }
      const rows = isCopy ? takeRows(name, file, piece.end) : undefined;
      at = rows?.end ?? at;
      statements.push({ ...describe(statement), ...rows?.part });
    }
  }
  if (refusals.length > 0) {
    throw refusedStatements(name, file, refusals);
  }
  return statements;
}

interface ParsedPiece extends Pick<SeedStatement, "bytes" | "offset"> {
  /** The parse tree, as libpg-query gives it: an object whose one key is the kind. */
  readonly node: Readonly<Record<string, unknown>>;
}

/** The statement without its parse tree, which is many times larger than the text. */
function describe({ bytes, offset, node }: ParsedPiece): SeedStatement {
  const { name } = (node["VariableSetStmt"] ?? {}) as { readonly name?: string };
  const kind = Object.keys(node)[0] ?? "";
  return { bytes, offset, kind, ...(name === undefined ? {} : { setting: name }) };
}

interface SeedRefusal {
  readonly offset: number;
  readonly found: string;
}

function refuseBinary(name: string, file: Buffer): void {
  const zero = file.indexOf(0);
  if (zero !== -1 || !isUtf8(file)) {
    const place = zero === -1 ? "" : ` at ${placeOf(file, zero)}`;
    throw fault("SEED_REFUSED", {
      what: `reading the seed "${name}"${place}`,
      found: zero === -1 ? "bytes that are not UTF-8" : "a zero byte",
      expected: "a file of SQL in UTF-8",
      remedy: "Dump it as text: pg_dump --format=plain --encoding=UTF8",
    });
  }
}

/** Parses a piece; undefined where it has only a semicolon. */
async function parsePiece(
  name: string,
  file: Buffer,
  { start, end }: SqlPiece,
): Promise<ParsedPiece | undefined> {
  const bytes = file.subarray(start, end);
  const text = bytes.toString("utf8");
  const { hasSqlDetails, parse } = await import("libpg-query");
  try {
    const { stmts = [] } = (await parse(text)) as {
      stmts?: readonly { readonly stmt: ParsedPiece["node"] }[];
    };
    if (stmts.length > 1) {
      throw new Error("two statements where psql would see one");
    }
    const node = stmts[0]?.stmt;
    return node && { bytes, offset: start, node };
  } catch (error) {
    const characters =
      error instanceof Error && hasSqlDetails(error) ? error.sqlDetails.cursorPosition : 0;
    const before = Array.from(text).slice(0, characters).join("");
    const place = bytePosition(file, start + Buffer.byteLength(before));
    throw fault("SEED_REFUSED", {
      what: `parsing the seed "${name}" at ${String(place.line)}:${String(place.column)}`,
      found: withoutSecrets(messageOf(error), text),
      expected: `SQL that the parser of PostgreSQL ${String(PARSER_MAJOR)} reads`,
      remedy: "Correct that place; what only a newer server reads cannot be in a seed",
      detail: caretLines(place, text),
    });
  }
}

/** The rows of a COPY: they begin on the line after the statement, and end before a line that is only `\.`. */
function takeRows(
  name: string,
  file: Buffer,
  from: number,
): { readonly part: Pick<Required<SeedStatement>, "rows">; readonly end: number } {
  const start = endOfLine(file, from);
  if (file.toString("utf8", from, start).trim() !== "") {
    throw rowsFault(name, file, from, "something else on the line of a COPY");
  }
  for (let line = start; line < file.length; line = endOfLine(file, line)) {
    const candidate = file[line] === 0x5c ? line : file.indexOf("\n\\.", line) + 1;
    if (candidate === 0) {
      break;
    }
    const end = endOfLine(file, candidate);
    if (/^\\\.\r?\n?$/.test(file.toString("latin1", candidate, end))) {
      return { part: { rows: { bytes: file.subarray(start, candidate), offset: start } }, end };
    }
    line = candidate;
  }
  throw rowsFault(name, file, from, "COPY … FROM stdin whose rows have no end");
}

function rowsFault(name: string, file: Buffer, offset: number, found: string): Fault {
  return fault("SEED_REFUSED", {
    what: `reading the seed "${name}" at ${placeOf(file, offset)}`,
    found,
    expected: "the rows on the lines after it, and then \\. on a line of its own",
    remedy: "Dump it again: the file is cut off, or was edited",
  });
}

function refusedStatements(name: string, file: Buffer, refusals: readonly SeedRefusal[]): Fault {
  const lines = refusals.map(({ offset, found }) => `${name}:${placeOf(file, offset)}: ${found}`);
  const [first] = refusals;
  return fault("SEED_REFUSED", {
    what: `reading the seed "${name}"${first === undefined ? "" : ` at ${placeOf(file, first.offset)}`}`,
    found: first?.found ?? "",
    expected: "statements that run in one transaction, and COPY … FROM stdin",
    remedy: "Take it out of the file",
    detail: lines.length > 1 ? lines.map((line) => `  - ${line}`) : [],
  });
}

/** Whether the backslash command is `\restrict` or `\unrestrict`, on its own line and not within a statement. */
function isRestriction(file: Buffer, { start, end }: SqlPiece): boolean {
  const isOwnLine = end === startOf(file) || file[end - 1] === 0x0a;
  const line = file.toString("latin1", end, endOfLine(file, end)).replace(/\n$/, "");
  return start === end && isOwnLine && RESTRICTION.test(line);
}

/** The offset after the byte order mark, if there is one. */
function startOf(file: Buffer): number {
  return file.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
    ? BYTE_ORDER_MARK.length
    : 0;
}

function commandAt(file: Buffer, offset: number): string {
  return /^\\\S{0,20}/.exec(file.toString("utf8", offset, offset + 60))?.[0] ?? "\\";
}

/** The offset after the end of the line. */
function endOfLine(file: Buffer, from: number): number {
  const index = file.indexOf(0x0a, from);
  return index === -1 ? file.length : index + 1;
}

function placeOf(file: Buffer, offset: number): string {
  const { line, column } = bytePosition(file, offset);
  return `${String(line)}:${String(column)}`;
}

/** Settings that a seed may only set to the values that the reading of the file relies on. */
const FIXED: Readonly<Record<string, RegExp>> = {
  client_encoding: /^utf-?8$/i,
  standard_conforming_strings: /^(on|true|yes|1)$/i,
  transaction_read_only: /^(off|false|no|0)$/i,
};

/** Why a statement cannot be in a seed; undefined where it can. */
function refusedInSeed(node: Readonly<Record<string, unknown>>): string | undefined {
  const nodes: TreeNode = node;
  return (
    refusedControl(nodes) ??
    refusedOutside(node) ??
    (nodes.CopyStmt && refusedCopy(nodes.CopyStmt)) ??
    (nodes.VariableSetStmt && refusedSetting(nodes.VariableSetStmt))
  );
}

function refusedControl({ TransactionStmt, VariableSetStmt }: TreeNode): string | undefined {
  if (TransactionStmt !== undefined) {
    return `transaction control (${(TransactionStmt.kind ?? "").replace("TRANS_STMT_", "").replaceAll("_", " ")})`;
  }
  return VariableSetStmt?.kind === "VAR_SET_MULTI"
    ? `transaction control (SET ${VariableSetStmt.name ?? "TRANSACTION"})`
    : undefined;
}

function refusedOutside(node: Readonly<Record<string, unknown>>): string | undefined {
  const name = outsideTransactions(node);
  return name === undefined ? undefined : `${name}, which cannot run in a transaction`;
}

function refusedCopy(copy: Tree<CopyStmt>): string | undefined {
  if (copy.is_from !== true || copy.is_program === true || copy.filename !== undefined) {
    return "COPY that is not FROM stdin";
  }
  const isBinary = copy.options?.some(
    ({ DefElem }) => DefElem?.defname === "format" && DefElem.arg?.String?.sval === "binary",
  );
  return isBinary === true ? "COPY of binary rows" : undefined;
}

function refusedSetting({ name = "", args }: Tree<VariableSetStmt>): string | undefined {
  const allowed = FIXED[name.toLowerCase()];
  const value = args?.[0]?.A_Const?.sval?.sval;
  return allowed === undefined || value === undefined || allowed.test(value)
    ? undefined
    : `SET ${name} to ${value}`;
}
