import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fault } from "../base/fault";
import { sha256 } from "../base/sha256";
import { isMapping } from "../base/yamlText";
import type { CatalogChange, LockedStatement, OnSome, Step } from "../model";
import { DEFAULT_POSTGRES_MAJOR, type PostgresMajor } from "../postgres/majors";
import { unreadable } from "./directiveYaml";
import type { Baseline, Lock } from "./lock";

/** The lists of a locked statement, all empty: a lock's text leaves out empty lists. */
export const NOTHING_DONE: Omit<
  LockedStatement,
  "statement" | "offset" | "length" | "sha256" | "tag"
> = {
  added: [],
  changed: [],
  renamed: [],
  removed: [],
  needs: [],
  builtIns: [],
  roles: [],
  tables: [],
};

export function lockFile(sqlFolder: string, directive: string): string {
  return join(sqlFolder, directive, "lock.json");
}

/** A lock, and the sha256 of the whole file. It is read once, so that both are of the same bytes. */
type ReadLock = Lock & { readonly fileSha256: string };

/**
 * Reads a directive's lock.json.
 *
 * @throws MANIFEST_INVALID where it is missing, or is not a lock
 */
export function readLock(sqlFolder: string, directive: string): ReadLock {
  const lock = readJson(sqlFolder, directive);
  const whole = (statements: readonly LockedStatement[]): readonly LockedStatement[] =>
    statements.map((statement) => ({ ...NOTHING_DONE, ...statement }));
  const steps = lock.steps.map(({ inverse, statements, ...step }) => ({
    ...step,
    inverse:
      inverse.proof === "proved" ? { ...inverse, statements: whole(inverse.statements) } : inverse,
    statements: whole(statements),
  }));
  return { ...lock, steps };
}

function readJson(sqlFolder: string, directive: string): ReadLock {
  try {
    const bytes = readFileSync(lockFile(sqlFolder, directive));
    const lock: unknown = JSON.parse(bytes.toString("utf8"));
    if (isMapping(lock) && lock["version"] === 1 && isMapping(lock["files"])) {
      return { ...(lock as unknown as Lock), fileSha256: sha256(bytes) };
    }
    throw new SyntaxError("no lock");
  } catch (cause) {
    throw fault("MANIFEST_INVALID", {
      what: `reading "sql/${directive}/lock.json"`,
      ...(cause instanceof SyntaxError ? { found: "a file that is no lock" } : unreadable(cause)),
      expected: "the lock that a run of the directive wrote",
      remedy: `Run npx v7 directive lock ${directive}`,
      cause,
    });
  }
}

/** The changes of a step's statements on a server of that major, without default privileges; none without a lock. */
export function lockedChanges(
  { statements }: Pick<Step, "statements">,
  major: PostgresMajor = DEFAULT_POSTGRES_MAJOR,
): readonly CatalogChange[] {
  return statements.flatMap(({ locked }) =>
    locked === undefined ? [] : [readLockedChange(locked, { major, defaults: "closed" })],
  );
}

/** What a statement changes on that baseline. */
export function readLockedChange(
  { added, changed, renamed, removed }: LockedStatement,
  baseline: Baseline,
): CatalogChange {
  return {
    added: linesOn(added, baseline),
    changed: linesOn(changed, baseline),
    renamed: linesOn(renamed, baseline),
    removed: linesOn(removed, baseline),
  };
}

function linesOn<T>(lines: readonly OnSome<T>[], baseline: Baseline): readonly T[] {
  return lines.filter((line) => isFoundOn(line, baseline)).map(withoutPlace);
}

function withoutPlace<T>(line: OnSome<T>): T {
  return Object.fromEntries(Object.entries(line).filter(([name]) => name !== "on")) as T;
}

/** Whether the lock's value was found on that baseline. */
export function isFoundOn({ on }: OnSome<object>, { major, defaults }: Baseline): boolean {
  const words: readonly string[] = [String(major), defaults];
  return on === undefined || on.some((one) => one.split(" ").every((word) => words.includes(word)));
}
