/** One thing that happens in a story: a command that is typed, or SQL that somebody runs on the side. */
export interface Step {
  /** The command as documents have it; absent for a step that no document has. */
  readonly command?: string;
  /** The typed text: variables of the shell replace placeholders, and a flag answers questions. */
  readonly typed: string;
  /** The text on standard input. */
  readonly input?: string;
  /** The exit code that the documents and `--help` say. Default 0. */
  readonly code?: number;
  /** A pattern that its output matches. */
  readonly output?: RegExp;
  /** SQL instead of a command; the word DATABASE is replaced by the database's name. */
  readonly sql?: string;
  /** The login that runs that SQL. Default: the superuser. */
  readonly as?: "superuser" | "login";
}

type Expected = Omit<Step, "command" | "typed" | "sql" | "as"> & { readonly typed?: string };

/** A command that a document has. */
export function documented(command: string, expected: Expected = {}): Step {
  return { command, typed: command, ...expected };
}

/** A command that opens psql's prompt, answered by one query; without psql, the query is given with `-c`. */
export function psqlPrompt(command: string, query: string, output: RegExp): Step {
  return documented(command, {
    typed: `if command -v psql >/dev/null; then ${command}; else ${command} -c '${query}'; fi`,
    input: `${query};\n\\q\n`,
    output,
  });
}

/** A command that no document has, and without which the next one would have nothing to do. */
export function besides(typed: string, expected: Expected = {}): Step {
  return { ...expected, typed };
}

/** A change of the database by SQL. */
export function bySql(sql: string, as: Step["as"] = "superuser"): Step {
  return { typed: `SQL: ${sql.replace(/\s+/g, " ").slice(0, 60)}`, sql, as };
}

/** A command that cannot be typed here, the reason, and a check in its place. */
export interface NotTyped {
  readonly command: string;
  readonly why: string;
  /** Typed in the dev checkout; absent if nothing can be checked. */
  readonly instead?: Step;
}
