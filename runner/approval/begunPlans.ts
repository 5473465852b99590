import { fault } from "../base/fault";
import { InvalidApprovalText } from "../base/untrustedText";
import { stepKey } from "../directive/directive";
import { appliedSteps } from "../history/history";
import { usedNonces } from "../history/pinnedTrust";
import type { HistoryRow, Plan, Step } from "../model";
import type { PreparedPlan } from "../plan/plan";
import { judgeApprovals, requireApproved, type JudgeArgs } from "./checkApprovals";
import { readProof, type Proof } from "./proof";
import { proveHistory } from "./proveHistory";

type Begun = Pick<PreparedPlan, "unfinished" | "history" | "manifestsUpTo">;

/** The digests of the plans that began the unfinished steps. */
export function begunPlans(begun: Begun): readonly string[] {
  return [...new Set(begunRows(begun).map(({ row }) => row.planDigest))];
}

/**
 * Refuses to finish begun steps whose plan nobody signed, whose files have changed since, or whose approvals have been
 * revoked since. The plan is the one that was signed: a row alone proves nothing, as whoever owns the table can write one.
 *
 * An approval that was valid when the steps began does not expire before they end. New approvals of the same plan count, too.
 *
 * @param root gives the content of the repository's allowed signers
 * @throws APPROVAL_REQUIRED and its relatives, HISTORY_CONFLICT
 */
export async function refuseUnsignedRest(
  begun: Begun,
  args: Omit<JudgeArgs, "planDigest" | "action">,
  root: () => string,
): Promise<void> {
  const proven = await proveHistory(begun.history, root);
  const plans = new Map<string, Signed>();
  for (const { step, row } of begunRows(begun)) {
    const problem = proven.find(({ position }) => position === row.position)?.problem;
    if (problem !== undefined) {
      throw unsigned(step, problem);
    }
    const signed = plans.get(row.planDigest) ?? readSigned(step, row, begun.history);
    plans.set(row.planDigest, signed);
    refuseChanged(step, signed.plan, begun.manifestsUpTo);
  }
  for (const [planDigest, { proof, plan, rows }] of plans) {
    const what = "finishing a plan that was begun";
    const of = { ...args, planDigest, action: plan.action };
    const since = await judgeApprovals(of);
    if (since.refusal?.code === "APPROVAL_REJECTED") {
      requireApproved(since, what);
    }
    const own = usedNonces(rows);
    const recorded = await judgeApprovals({
      ...of,
      candidates: proof.approvals.map(({ record, signature }) => ({
        name: "the approval in the history",
        json: Buffer.from(record),
        signature: Buffer.from(signature),
      })),
      now: new Date(proof.judgedAt),
      usedNonces: new Set([...args.usedNonces].filter((nonce) => !own.has(nonce))),
    });
    requireApproved(since.satisfied ? since : recorded, what);
  }
}

interface BegunStep {
  readonly step: Step;
  readonly row: HistoryRow;
}

function begunRows({ unfinished, history }: Begun): readonly BegunStep[] {
  const applied = appliedSteps(history);
  return unfinished.flatMap((step) => {
    const row = applied.get(stepKey(step));
    return row === undefined ? [] : [{ step, row }];
  });
}

/** A plan with the proof that it was signed, and the rows of its run. */
interface Signed {
  readonly proof: Proof;
  readonly plan: Plan;
  readonly rows: readonly HistoryRow[];
}

function readSigned(
  step: Step,
  { planDigest }: HistoryRow,
  history: readonly HistoryRow[],
): Signed {
  const rows = history.filter((one) => one.planDigest === planDigest);
  try {
    return { ...readProof(rows[0]?.details ?? {}, planDigest), rows };
  } catch (error) {
    throw error instanceof InvalidApprovalText ? unsigned(step, error.message) : error;
  }
}

function unsigned(step: Step, problem: string): Error {
  return fault("APPROVAL_REQUIRED", {
    what: `finishing step "${stepKey(step)}", which was begun`,
    found: problem,
    expected: "a signed plan that began it",
    remedy: "Find out who began it; a signed plan of the action rollback takes it back",
  });
}

/** Refuses other bytes than the signed ones, be it in what a manifest or a lock says about them. */
function refuseChanged(step: Step, plan: Plan, manifestsUpTo: readonly string[]): void {
  const isPlanned = plan.steps.some(
    (one) => stepKey(one) === stepKey(step) && one.kind === step.kind && one.sha256 === step.sha256,
  );
  if (!isPlanned || !manifestsUpTo.includes(plan.manifests)) {
    throw fault("HISTORY_CONFLICT", {
      what: `finishing step "${stepKey(step)}", which was begun`,
      found: isPlanned ? "another manifest.yaml or lock.json" : "other bytes",
      expected: "the files that were signed when it began",
      remedy: "Check out the commit that began it, and run again",
    });
  }
}
