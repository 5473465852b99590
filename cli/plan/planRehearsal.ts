import { unlessFault } from "../../runner/base/fault";
import type { PlanAction } from "../../runner/model";
import type { Rehearsal } from "../../runner/rehearsal/model";
import { rehearse } from "../../runner/rehearsal/rehearse";
import type { RehearseRequest } from "../../runner/rehearsal/rehearsedTarget";
import { printAside } from "../print";

interface RehearsalOptions {
  readonly action: PlanAction;
  /** False: `--no-rehearsal`. */
  readonly rehearsal: boolean;
  readonly json?: true;
}

export interface Rehearsed {
  readonly rehearsal?: Rehearsal | undefined;
  /** Why the plan failed, or why it could not be rehearsed. */
  readonly failure?: string;
}

/** Rehearses an apply or a rollback. The other actions work on objects or rows that a throwaway server does not have. */
export async function rehearsePlan(
  request: RehearseRequest,
  { action, rehearsal, json }: RehearsalOptions,
): Promise<Rehearsed> {
  if (!rehearsal || (action !== "apply" && action !== "rollback")) {
    return {};
  }
  const onProgress = (message: string): void => {
    // Only npx v7 rehearse shows each statement's progress.
    if (json !== true && !/ \d+\/\d+: /.test(message)) {
      printAside(`rehearsal: ${message}`);
    }
  };
  return await unlessFault(
    async () => ({ rehearsal: await rehearse({ ...request, action, onProgress }) }),
    ({ message }) => ({ failure: message }),
  );
}

/** The rehearsal's summary for `v7 plan`. */
export function describeRehearsed({ rehearsal, failure }: Rehearsed): string {
  if (failure !== undefined) {
    return `rehearsal: failed\n  ${failure.split("\n").join("\n  ")}`;
  }
  if (rehearsal === undefined) {
    return "rehearsal: none";
  }
  const { differences, transactionMs, locks, omitted } = rehearsal;
  const held = locks.map(
    ({ relation, mode, heldMs }) => `${mode} on ${relation} for ${heldMs.toFixed(0)} ms`,
  );
  return [
    `rehearsal: one transaction of ${transactionMs.toFixed(0)} ms, ${held.length === 0 ? "nobody waits" : `others wait for ${held.join(", ")}`}; the result is ${differences.length === 0 ? "" : "not "}as expected`,
    ...differences.map((one) => `  not as expected: ${one}`),
    ...omitted.map((one) => `  not rebuilt from the target: ${one}`),
  ].join("\n");
}
