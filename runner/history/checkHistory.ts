import { fault } from "../base/fault";
import { stepKey } from "../directive/directive";
import type { HistoryRow, Step } from "../model";
import { ACCESS_STEP } from "./history";

/**
 * Refuses steps whose bytes have changed since they ran.
 *
 * @throws HISTORY_CONFLICT with both digests, and whether anything but white space and comments differs
 */
export function refuseChangedSteps(
  steps: readonly Step[],
  applied: ReadonlyMap<string, HistoryRow>,
): void {
  const changed = steps.filter((step) => ranWithOtherBytes(step, applied) !== undefined);
  if (changed.length > 0) {
    throw fault("HISTORY_CONFLICT", {
      what: `comparing ${changed.map((step) => `step "${step.id}"`).join(", ")} with the history`,
      found: changed.map((step) => `sha256 ${step.sha256}`).join(", "),
      expected: changed
        .map((step) => `${applied.get(stepKey(step))?.stepSha256 ?? ""}, which ran`)
        .join(", "),
      remedy: "Restore the bytes that ran; a change comes as a new directive or amendment",
      detail: changed.map((step) => `  ${describeChange(step, applied.get(stepKey(step)))}`),
    });
  }
}

/** The digest of the bytes that ran; undefined where it is the step's own, or one of those in `formerly`. */
export function ranWithOtherBytes(
  step: Step,
  applied: ReadonlyMap<string, HistoryRow>,
): string | undefined {
  const ran = applied.get(stepKey(step))?.stepSha256 ?? step.sha256;
  return [step.sha256, ...(step.formerly ?? [])].includes(ran) ? undefined : ran;
}

/**
 * The directives that have run, by rows of the history, and that this checkout lacks: with it nobody can tell what the
 * database should contain, nor roll those directives back.
 */
export function lackingDirectives(
  history: readonly HistoryRow[],
  steps: readonly Step[],
): readonly string[] {
  const known = new Set([...steps.map(({ directive }) => directive), ACCESS_STEP.directive]);
  return [...new Set(history.map(({ directive }) => directive))].filter((one) => !known.has(one));
}

/**
 * Refuses a checkout that lacks a directive which has been applied.
 *
 * @throws HISTORY_CONFLICT
 */
export function refuseLackingDirectives(
  applied: ReadonlyMap<string, HistoryRow>,
  steps: readonly Step[],
): void {
  const lacking = lackingDirectives([...applied.values()], steps);
  if (lacking.length > 0) {
    throw fault("HISTORY_CONFLICT", {
      what: "looking in this checkout for the directives that have run",
      found: `no ${lacking.map((one) => `sql/${one}`).join(", no ")}`,
      expected: "every directive that has been applied to the database",
      remedy: "Check out a commit that has it, and run again",
    });
  }
}

/** Both digests, whole, and whether anything but white space and comments differs. */
function describeChange(step: Step, row: HistoryRow | undefined): string {
  const syntax = row?.details["syntax"];
  const hint =
    typeof syntax !== "string"
      ? "what differs is not recorded"
      : syntax === step.syntax
        ? "only white space or comments differ"
        : "the statements themselves differ";
  return `${stepKey(step)}: ran ${row?.stepSha256 ?? ""}, now ${step.sha256}: ${hint}`;
}

/**
 * Refuses settings that no longer name an optional amendment that has been applied: only a rollback takes it back.
 *
 * @throws SETTING_INVALID
 */
export function refuseForgottenSteps(
  { steps, allSteps }: { readonly steps: readonly Step[]; readonly allSteps: readonly Step[] },
  applied: ReadonlyMap<string, HistoryRow>,
): void {
  const wanted = new Set(steps);
  const forgotten = allSteps.filter((step) => applied.has(stepKey(step)) && !wanted.has(step));
  if (forgotten.length > 0) {
    throw fault("SETTING_INVALID", {
      what: 'reading setting "v7:amendments"',
      found: `a list without ${forgotten.map(({ id }) => `"${id}"`).join(", ")}, which ${forgotten.length === 1 ? "has" : "have"} been applied`,
      expected: "every optional amendment that has been applied",
      remedy: "Add it to the list again; a rollback takes it back with the other steps",
    });
  }
}
