import { Fault, fault, messageOf } from "../base/fault";
import { withoutSecrets } from "../base/redaction";
import type { Statement } from "../model";
import { caretLines, sourcePosition } from "./sourcePosition";

/** The major of libpg-query's parser: it does not know the syntax of later majors. */
export const PARSER_MAJOR = 17;

interface Parsed {
  readonly stmt: Readonly<Record<string, unknown>>;
  /** In bytes; absent where it is 0. */
  readonly stmt_location?: number;
  /** In bytes; absent or 0 where the statement ends with the file. */
  readonly stmt_len?: number;
}

/** A statement that the parser cut. */
export interface ParsedStatement extends Statement {
  /** The parser's name of the statement: `CreateStmt`. */
  readonly kind: string;
  /** The parse tree, as libpg-query gives it: an object whose one key is the kind. */
  readonly node: Readonly<Record<string, unknown>>;
}

/**
 * Cuts a file into its statements at the offsets of PostgreSQL's own parser. Nothing is trimmed, added or re-encoded.
 *
 * A slice ends after its semicolon; text after the last semicolon (white space, comments) belongs to the last slice.
 *
 * @param name the file's name, for messages
 * @throws SQL_UNPARSABLE where the parser refuses the file, or the file is not UTF-8
 */
export async function sliceStatements(name: string, file: Buffer): Promise<ParsedStatement[]> {
  const text = file.toString("utf8");
  // The parser reads only up to a zero byte.
  if (!Buffer.from(text, "utf8").equals(file) || text.includes("\0")) {
    throw fault("SQL_UNPARSABLE", {
      what: `reading "${name}"`,
      found: text.includes("\0") ? "a zero byte" : "bytes that are not UTF-8",
      remedy: "Save the file as UTF-8 text without zero bytes, or restore it from version control",
    });
  }
  const parsed = await parseFile(name, text);
  const ends = parsed.map(({ stmt_location = 0, stmt_len = 0 }, index) =>
    index === parsed.length - 1 ? file.length : stmt_location + stmt_len + 1,
  );
  return cutAt(file, ends).map((statement, index) => {
    const node = parsed[index]?.stmt ?? {};
    return { ...statement, kind: Object.keys(node)[0] ?? "", node };
  });
}

/** The statement's first line that is not a comment, without secrets. */
export function firstLine({ bytes }: Pick<Statement, "bytes">): string {
  const text = bytes.toString("utf8");
  const lines = text.split("\n").map((line) => line.trim());
  return withoutSecrets(lines.find((line) => line !== "" && !line.startsWith("--")) ?? "", text);
}

/** Cuts a file into slices that end at these bytes; each begins where the one before it ends. */
export function cutAt(file: Buffer, ends: readonly number[]): Statement[] {
  const slices: Statement[] = [];
  let start = 0;
  let offset = 0;
  for (const [index, end] of ends.entries()) {
    const bytes = file.subarray(start, end);
    slices.push({ number: index + 1, bytes, offset, start });
    offset += Array.from(bytes.toString("utf8")).length;
    start = end;
  }
  return slices;
}

/** Parse trees by text: the plugin reads the same files for each resource and operation, and parsing takes most of the time. */
const parsedTexts = new Map<string, readonly Parsed[]>();

async function parseFile(name: string, text: string): Promise<readonly Parsed[]> {
  const known = parsedTexts.get(text);
  if (known !== undefined) {
    return known;
  }
  const { hasSqlDetails, parse } = await import("libpg-query");
  try {
    const tree = (text.trim() === "" ? {} : await parse(text)) as { stmts?: readonly Parsed[] };
    if (tree.stmts === undefined || tree.stmts.length === 0) {
      throw fault("SQL_UNPARSABLE", {
        what: `parsing "${name}"`,
        found: "no statement yet",
        expected: "SQL",
        remedy:
          "Paste the SQL into the file, below its comment, and run the command again; where there was SQL before, restore the file from version control",
      });
    }
    parsedTexts.set(text, tree.stmts);
    return tree.stmts;
  } catch (error) {
    if (error instanceof Fault) {
      throw error;
    }
    const place =
      error instanceof Error && hasSqlDetails(error)
        ? sourcePosition(text, error.sqlDetails.cursorPosition)
        : undefined;
    throw fault("SQL_UNPARSABLE", {
      what: `parsing "${name}"${place === undefined ? "" : ` at ${String(place.line)}:${String(place.column)}`}`,
      found: withoutSecrets(messageOf(error), text),
      expected: `SQL that the parser of PostgreSQL ${String(PARSER_MAJOR)} reads`,
      remedy:
        "Correct the file, or restore it from version control. It holds SQL alone: no commands and variables of psql, no rows of COPY, no byte order mark",
      ...(place === undefined ? {} : { detail: caretLines(place, text) }),
      cause: error,
    });
  }
}
