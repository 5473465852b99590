import { fault } from "../base/fault";
import { formatTime, isSha256, quoteUntrusted } from "../base/untrustedText";
import type { PlanAction } from "../model";
import { parseAllowedSigners } from "./allowedSigners";
import type { Candidate } from "./files";
import { isPlanAction } from "./record";
import {
  countDistinct,
  type CountedApproval,
  findRefusal,
  type Refusal,
  type RefusalArgs,
} from "./refusal";
import { judgeCandidate, type Verdict } from "./verdict";

export interface JudgeArgs extends RefusalArgs {
  readonly action: PlanAction;
  readonly candidates: readonly Candidate[];
  /** The content of an allowed signers file that the caller trusts: pinned in the database. */
  readonly allowedSigners: string;
  /** The database's clock, never the runner's. */
  readonly now: Date;
  /** The nonces that history holds. */
  readonly usedNonces: ReadonlySet<string>;
}

/** Whether a plan is approved, by whom, and the verdict on each candidate. */
export interface Judgement {
  readonly planDigest: string;
  readonly action: PlanAction;
  readonly satisfied: boolean;
  /** Why it is not satisfied; absent where it is. */
  readonly refusal?: Refusal;
  /** The valid approvals of distinct signers with distinct keys, one each. The run consumes their nonces. */
  readonly counted: readonly CountedApproval[];
  readonly requiredApprovals: number;
  /** One for each candidate, in the candidates' order. */
  readonly verdicts: readonly Verdict[];
  readonly now: Date;
}

/**
 * Judges every candidate and whether together they allow exactly this plan: enough valid approvals of distinct signers
 * with distinct keys, and not one rejection by a trusted signer.
 *
 * Reads no clock, no file and no setting by itself; an approval that is not trusted and valid counts for nothing.
 *
 * @throws SIGNERS_INVALID where the allowed signers are not in the strict form
 * @throws SETTING_INVALID where fewer than one approval would be required
 * @throws SSH_KEYGEN_MISSING
 */
export async function judgeApprovals(args: JudgeArgs): Promise<Judgement> {
  const { planDigest, action, requiredApprovals } = args;
  const now = new Date(args.now);
  if (!isSha256(planDigest) || !isPlanAction(action) || Number.isNaN(now.getTime())) {
    throw new TypeError("judgeApprovals: an invalid digest, action or time");
  }
  checkRequired(requiredApprovals);
  const signers = parseAllowedSigners(args.allowedSigners);
  const verdicts: Verdict[] = [];
  for (const candidate of args.candidates) {
    // One after the other: at most one ssh-keygen runs at a time, and the machine's load changes no verdict.
    verdicts.push(await judgeCandidate(candidate, { ...args, now, signers }));
  }
  const counted = countDistinct(verdicts);
  const refusal = findRefusal(args, verdicts, counted);
  return Object.freeze({
    planDigest,
    action,
    satisfied: refusal === undefined,
    ...(refusal === undefined ? {} : { refusal }),
    counted,
    requiredApprovals,
    verdicts,
    now,
  });
}

/**
 * The approvals that allow the run; throws where there are not enough.
 *
 * @param what would run, as the fault names it
 * @throws APPROVAL_* the most specific code, with the digest, each candidate's verdict and the command that approves
 */
export function requireApproved(judgement: Judgement, what: string): readonly CountedApproval[] {
  if (judgement.satisfied) {
    return judgement.counted;
  }
  const { requiredApprovals, refusal } = judgement;
  throw fault(refusal?.code ?? "APPROVAL_REQUIRED", {
    what: `${what} (plan ${judgement.planDigest.slice(0, 16)}…, ${judgement.action})`,
    found: refusal?.found ?? "no approval",
    expected: `valid approvals by ${requiredApprovals} trusted signer(s) and no rejection`,
    remedy: "Have the plan reviewed and signed with the command below, or do not run it",
    detail: [
      `digest: ${judgement.planDigest}`,
      "approve: npx v7 approve --plan FILE --key KEY --signer NAME",
      ...judgement.verdicts.map(verdictLine),
    ],
  });
}

export function verdictLine({ name, verdict, reason }: Verdict): string {
  return `${quoteUntrusted(name)}: ${verdict}: ${reason}`;
}

/** The judgement as lines for a person. */
export function explainJudgement({
  planDigest,
  action,
  refusal,
  counted,
  requiredApprovals,
  verdicts,
  now,
}: Judgement): string {
  const signers = counted.map((one) => one.approval.approver).join(", ");
  const head =
    refusal === undefined
      ? `approved by ${signers}`
      : `not approved (${refusal.code}): found ${refusal.found}`;
  return [
    `Plan ${planDigest}, ${action}: ${head}`,
    `${counted.length} of ${requiredApprovals} needed, at ${formatTime(now)}`,
    ...verdicts.map((verdict) => {
      const isSpare =
        verdict.verdict === "valid" && !counted.some((one) => one.name === verdict.name);
      return `  ${verdictLine(verdict)}${isSpare ? " (its signer or nonce counts already)" : ""}`;
    }),
  ].join("\n");
}

function checkRequired(requiredApprovals: number): void {
  if (!Number.isSafeInteger(requiredApprovals) || requiredApprovals < 1) {
    throw fault("SETTING_INVALID", {
      what: 'reading setting "v7:requiredApprovals"',
      found: String(requiredApprovals),
      expected: "a whole number of at least 1",
      remedy: "Correct the setting",
    });
  }
}
