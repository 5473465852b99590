/** One thing that happens in a story: a command that is typed, or SQL that somebody runs on the side. */
export interface Step {
  /** The command as documents have it; absent for what a story needs besides. */
  readonly command?: string;
  /** What is typed: placeholders filled in by variables of the shell, questions answered by a flag. */
  readonly typed: string;
  /** What stands on standard input. */
  readonly input?: string;
  /** The exit code that the documents and `--help` say. Default 0. */
  readonly code?: number;
  /** What its output holds. */
  readonly output?: RegExp;
  /** SQL instead of a command; the word DATABASE stands for the database's name. */
  readonly sql?: string;
  /** Who runs that SQL. Default: the superuser. */
  readonly as?: "superuser" | "login";
}

type Expected = Omit<Step, "command" | "typed" | "sql" | "as"> & { readonly typed?: string };

/** A command that a document has. */
export function documented(command: string, expected: Expected = {}): Step {
  return { command, typed: command, ...expected };
}

/** A command that opens psql's prompt, answered by one query; where there is no psql, the query goes by `-c`. */
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

/** What somebody does in the database by SQL. */
export function bySql(sql: string, as: Step["as"] = "superuser"): Step {
  return { typed: `SQL: ${sql.replace(/\s+/g, " ").slice(0, 60)}`, sql, as };
}

/** A command that cannot be typed here, why, and what is looked at instead. */
export interface NotTyped {
  readonly command: string;
  readonly why: string;
  /** Typed in the dev checkout; absent where nothing can be looked at. */
  readonly instead?: Step;
}
