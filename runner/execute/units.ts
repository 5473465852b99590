import type { Step } from "../model";

/** A step as far as the places of commits depend on it. */
type Committed = Pick<Step, "directive" | "addsValue"> & { readonly kind: string };

/** What runs between two commits: several steps in one transaction, or one step that commits its parts itself. */
export interface Unit<S = Step> {
  readonly steps: readonly S[];
  readonly isTransaction: boolean;
}

/** Whether the step is CREATE INDEX CONCURRENTLY, which runs in no transaction. */
export function isConcurrent({ kind }: Pick<Committed, "kind">): boolean {
  return kind === "concurrent";
}

/**
 * Cuts steps, in their order, where a commit is needed: before and after a concurrent step or a backfill; after a step of kind
 * `value`; and before the next directive where a step of another kind added an enum's value. PostgreSQL does not let a new
 * value be used before it is committed, and the next directive was locked on a database that had it.
 */
export function unitsOf<S extends Committed>(steps: readonly S[]): readonly Unit<S>[] {
  const units: { readonly steps: S[]; readonly isTransaction: boolean }[] = [];
  let isOpen = false;
  let withValues: string | undefined;
  for (const step of steps) {
    const isTransaction = !isConcurrent(step) && step.kind !== "backfill";
    const isAfterValues = withValues !== undefined && withValues !== step.directive;
    if (isOpen && isTransaction && !isAfterValues) {
      units.at(-1)?.steps.push(step);
    } else {
      units.push({ steps: [step], isTransaction });
      withValues = undefined;
    }
    isOpen = isTransaction && step.kind !== "value";
    withValues = step.addsValue === true ? step.directive : withValues;
  }
  return units;
}
