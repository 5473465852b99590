import type { Step } from "../model";

/** Of a step, whoever describes it. */
interface OfKind {
  readonly kind: string;
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
 * Cuts steps, in their order, where something has to be committed: around a concurrent step and a backfill, and behind a
 * step whose enum values nobody may use before.
 */
export function unitsOf<S extends OfKind>(steps: readonly S[]): readonly Unit<S>[] {
  const units: { readonly steps: S[]; readonly isTransaction: boolean }[] = [];
  let isOpen = false;
  for (const step of steps) {
    const isTransaction = !isConcurrent(step) && step.kind !== "backfill";
    if (isOpen && isTransaction) {
      units.at(-1)?.steps.push(step);
    } else {
      units.push({ steps: [step], isTransaction });
    }
    isOpen = isTransaction && step.kind !== "value";
  }
  return units;
}
