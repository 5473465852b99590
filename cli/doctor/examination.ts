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

/** Adds answers to the check that is being made. */
export type Tell = (...answers: readonly Answer[]) => void;

/** Thrown by a check that cannot be made; it is then reported as not looked at, with the reason. */
export class NotLookedAt extends Error {}

/** A check's value for later checks. A check that reads a value which is not there is skipped. */
export class Outcome<T> {
  public constructor(
    private readonly check: string,
    private readonly given: readonly T[],
  ) {}

  public get isThere(): boolean {
    return this.given.length > 0;
  }

  /** @throws NotLookedAt where the check failed or was skipped */
  public need(): T {
    if (!this.isThere) {
      throw new NotLookedAt(`no result of "${this.check}"`);
    }
    return this.given[0] as T;
  }
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

/** The answer of a check that threw an error. */
export function failure(error: unknown): Answer {
  if (error instanceof NotLookedAt) {
    return { state: "notLookedAt", found: error.message };
  }
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

/** Makes checks in order. A check that fails skips only the checks that need its value. */
export class Examination {
  public readonly findings: Finding[] = [];

  public async look<T>(check: string, make: (tell: Tell) => Promise<T> | T): Promise<Outcome<T>> {
    const answers: Answer[] = [];
    try {
      const value = await make((...told) => {
        answers.push(...told);
      });
      this.#add(check, answers);
      return new Outcome(check, [value]);
    } catch (error) {
      this.#add(check, [failure(error)]);
      return new Outcome<T>(check, []);
    }
  }

  #add(check: string, answers: readonly Answer[]): void {
    this.findings.push(...answers.map((answer) => ({ check, ...answer })));
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
      : ["Next, in this order:", ...steps.map((step, index) => `  ${index + 1}. ${step}`)]),
  ].join("\n");
}
