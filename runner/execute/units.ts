import type { Step } from "../model";

/** Of a step, whoever describes it. */
interface OfKind {
  readonly kind: string;
}

interface Committed extends OfKind {
  readonly directive: string;
  /** Whether it adds a value to an enum, in a step of whatever kind. */
  readonly addsValue?: boolean;
}

/** What runs between two commits: steps in one transaction; or one step that commits by itself, a part at a time. */
export interface Unit<S = Step> {
  readonly steps: readonly S[];
  readonly isTransaction: boolean;
}

/** Whether the step is CREATE INDEX CONCURRENTLY, which runs in no transaction. */
export function isConcurrent({ kind }: OfKind): boolean {
  return kind === "concurrent";
}

/**
 * Cuts steps, in their order, where something has to be committed: around a concurrent step and a backfill, behind a step
 * of kind `value`, and before the next directive where one added an enum's value in a step of another kind: nobody may use
 * a value before it is committed, and the next directive was locked on top of a database that had it.
 */
export function unitsOf<S extends Committed>(steps: readonly S[]): readonly Unit<S>[] {
  const units: { readonly steps: S[]; readonly isTransaction: boolean }[] = [];
  let isOpen = false;
  let withValues: string | undefined;
  for (const step of steps) {
    const isTransaction = !isConcurrent(step) && step.kind !== "backfill";
    const isBehindValues = withValues !== undefined && withValues !== step.directive;
    if (isOpen && isTransaction && !isBehindValues) {
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
