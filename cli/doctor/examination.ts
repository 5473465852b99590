import { DatabaseError } from "pg";
import { Fault, messageOf } from "../../runner/base/fault";

type FindingState = "ok" | "warn" | "fail" | "notLookedAt";

/** The result of one check. */
export interface Finding {
  readonly check: string;
  readonly state: FindingState;
  readonly found: string;
  /** As a sentence without its full stop. */
  readonly remedy?: string;
  /** Further lines, shown under the finding. */
  readonly detail?: readonly string[];
}

export type Answer = Omit<Finding, "check">;

/** The results of a check, and the value that later checks need. */
export interface Looked<T> {
  readonly answers: readonly Answer[];
  /** Absent where the check failed: checks that need it are skipped. */
  readonly gives?: T;
}

/** A check's value for later checks, or the fact that there is none. */
export type Outcome<T> =
  | { readonly check: string; readonly isThere: true; readonly value: T }
  | { readonly check: string; readonly isThere: false };

/** The need of a check that needs no other check. */
export const FROM_NOTHING: Outcome<undefined> = { check: "", isThere: true, value: undefined };

/** Both outcomes as one; missing where either is missing. */
export function both<A, B>(one: Outcome<A>, other: Outcome<B>): Outcome<readonly [A, B]> {
  if (!one.isThere) {
    return one;
  }
  return other.isThere ? { ...other, value: [one.value, other.value] } : other;
}

export function ok(found: string, remedy?: string): Answer {
  return { state: "ok", found, ...(remedy === undefined ? {} : { remedy }) };
}

export function warn(found: string, remedy: string): Answer {
  return { state: "warn", found, remedy };
}

export function fail(found: string, remedy: string): Answer {
  return { state: "fail", found, remedy };
}

/** Answers with a value for later checks. */
export function gives<T>(value: T, ...answers: readonly Answer[]): Looked<T> {
  return { answers, gives: value };
}

/** The answer of a check that threw an error. */
export function failure(error: unknown): Answer {
  if (error instanceof Fault) {
    const { found, remedy, detail = [] } = error.parts;
    return { ...fail(`${error.code}: ${found}`, remedy), ...(detail.length > 0 ? { detail } : {}) };
  }
  return error instanceof DatabaseError
    ? fail(
        `${messageOf(error)} (SQLSTATE ${error.code ?? "unknown"})`,
        "Look at the server's log, or use the login that the stack was set up with",
      )
    : fail(messageOf(error), "Please report this: it is a bug in the check");
}

/** Runs checks in order. A check that fails skips only the checks that need its value; these are reported as skipped. */
export class Examination {
  readonly #findings: Finding[] = [];

  public get findings(): readonly Finding[] {
    return this.#findings;
  }

  public async look<Needed, T = undefined>(
    check: string,
    needs: Outcome<Needed>,
    make: (needed: Needed) => Promise<Looked<T>> | Looked<T>,
  ): Promise<Outcome<T>> {
    if (!needs.isThere) {
      this.#findings.push({ check, state: "notLookedAt", found: `no result of "${needs.check}"` });
      return { check, isThere: false };
    }
    const looked = await this.#make(make, needs.value);
    this.#findings.push(...looked.answers.map((answer) => ({ check, ...answer })));
    return looked.gives === undefined
      ? { check, isThere: false }
      : { check, isThere: true, value: looked.gives };
  }

  async #make<Needed, T>(
    make: (needed: Needed) => Promise<Looked<T>> | Looked<T>,
    needed: Needed,
  ): Promise<Looked<T>> {
    try {
      return await make(needed);
    } catch (error) {
      return { answers: [failure(error)] };
    }
  }
}

const WORDS: Readonly<Record<FindingState, string>> = {
  ok: "ok",
  warn: "warn",
  fail: "FAIL",
  notLookedAt: "-",
};

/** What to do, in order: the remedies of failures, then of warnings, each in the order of the checks. */
export function nextSteps(findings: readonly Finding[]): readonly string[] {
  const order: readonly FindingState[] = ["fail", "warn", "ok"];
  const steps = order.flatMap((state) =>
    findings.filter((one) => one.state === state).flatMap(({ remedy }) => remedy ?? []),
  );
  return [...new Set(steps)];
}

/** The findings as lines, and what to do next. */
export function describeFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, state, found, remedy, detail = [] }) => [
    `${WORDS[state].padEnd(4)}  ${check.padEnd(width)}  ${state === "notLookedAt" ? "not looked at: " : ""}${found}`,
    ...detail.map((line) => `        ${line.trim()}`),
    ...(remedy === undefined ? [] : [`      do: ${remedy}`]),
  ]);
  const steps = nextSteps(findings);
  return [
    ...lines,
    "",
    ...(steps.length === 0
      ? ["Nothing to do."]
      : ["Next, in this order:", ...steps.map((step, index) => `  ${String(index + 1)}. ${step}`)]),
  ].join("\n");
}
