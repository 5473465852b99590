import { DatabaseError } from "pg";
import { Fault, messageOf } from "../../runner/base/fault";

type FindingState = "ok" | "warn" | "fail" | "notLookedAt";

/** What one check found, and what to do about it. */
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

/** What a check says, and what it gives to those that need it. */
export interface Looked<T> {
  readonly answers: readonly Answer[];
  /** Left out where the check gives nothing to go on with. */
  readonly gives?: T;
}

/** What became of a check, as those that need it take it. */
export type Outcome<T> =
  | { readonly check: string; readonly isThere: true; readonly value: T }
  | { readonly check: string; readonly isThere: false };

/** For a check that needs no other. */
export const FROM_NOTHING: Outcome<undefined> = { check: "", isThere: true, value: undefined };

/** Two outcomes as one: it is not there where either is not. */
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

/** One answer, and what it gives. */
export function gives<T>(value: T, ...answers: readonly Answer[]): Looked<T> {
  return { answers, gives: value };
}

/** The answer of a check that could not be made to its end. */
export function failure(error: unknown): Answer {
  if (error instanceof Fault) {
    const { found, remedy, detail = [] } = error.parts;
    return { ...fail(`${error.code}: ${found}`, remedy), ...(detail.length > 0 ? { detail } : {}) };
  }
  return error instanceof DatabaseError
    ? fail(
        `${messageOf(error)} (SQLSTATE ${error.code ?? "unknown"})`,
        "Look at the server's log, or take the login that the stack was set up with",
      )
    : fail(messageOf(error), "Please report it: this check should not end like that");
}

/**
 * Checks in their order, each made on its own: one that fails keeps none from being made but those that need what it
 * would have given, and these say so.
 */
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

/** What to do, in order: what fails before what is only to be looked at, each as early as its check is. */
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
      ? ["Nothing is to be done."]
      : ["Next, in this order:", ...steps.map((step, index) => `  ${String(index + 1)}. ${step}`)]),
  ].join("\n");
}
