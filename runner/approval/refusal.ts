import type { FaultCode } from "../base/fault";
import { quoteUntrusted } from "../base/untrustedText";
import type { Revocations } from "../history/revocations";
import type { Approval } from "../model";
import type { Verdict, VerdictKind } from "./verdict";

/** A valid approval that counts towards the required number. */
export interface CountedApproval {
  readonly name: string;
  readonly approval: Approval;
  /** Of the key that signed: `SHA256:…`. */
  readonly fingerprint: string;
}

/** Why a plan may not run. */
export interface Refusal {
  readonly code: FaultCode;
  /** In words that follow "found". */
  readonly found: string;
}

export interface RefusalArgs {
  /** Recomputed from the bytes that would run, never read from a file. */
  readonly planDigest: string;
  /** How many different signers must have approved; at least 1. */
  readonly requiredApprovals: number;
  readonly revoked: Revocations;
  /** The signer's name of who starts the run. */
  readonly startedBy?: string;
  /** Refuse a run whose only signer is the person who starts it. Default false. */
  readonly forbidSelfApproval?: boolean;
}

/** In order of importance: where several approvals fail, the fault's code is that of the first verdict in this list. */
const CODES: readonly (readonly [VerdictKind, FaultCode])[] = [
  ["revoked", "APPROVAL_REVOKED"],
  ["used", "APPROVAL_USED"],
  ["expired", "APPROVAL_EXPIRED"],
  ["notYetValid", "APPROVAL_NOT_YET_VALID"],
  ["wrongAction", "APPROVAL_WRONG_ACTION"],
  ["badSignature", "APPROVAL_INVALID"],
  ["untrusted", "APPROVAL_UNTRUSTED"],
  ["malformed", "APPROVAL_FILE_INVALID"],
];

export function codeOf(verdict: VerdictKind): FaultCode {
  return CODES.find(([kind]) => kind === verdict)?.[1] ?? "APPROVAL_WRONG_PLAN";
}

/** The valid approvals, at most one for each signer, key and nonce: a person counts once, however often they sign. */
export function countDistinct(verdicts: readonly Verdict[]): readonly CountedApproval[] {
  const counted: CountedApproval[] = [];
  for (const { name, verdict, approval, fingerprint } of verdicts) {
    if (verdict !== "valid" || approval === undefined || fingerprint === undefined) {
      continue;
    }
    const isCounted = counted.some(
      (one) =>
        one.approval.approver === approval.approver ||
        one.fingerprint === fingerprint ||
        // A nonce can be consumed only once.
        one.approval.nonce === approval.nonce,
    );
    if (!isCounted) {
      counted.push({ name, approval, fingerprint });
    }
  }
  return counted;
}

/**
 * Why the plan may not run: it was revoked, it was rejected, there are too few approvals, or only the starter's own.
 * Undefined where it may run.
 */
export function findRefusal(
  args: RefusalArgs,
  verdicts: readonly Verdict[],
  counted: readonly CountedApproval[],
): Refusal | undefined {
  if (args.revoked.plans.has(args.planDigest)) {
    return { code: "APPROVAL_REVOKED", found: "a plan that was revoked, whoever approves it" };
  }
  const rejection = verdicts.find((one) => one.verdict === "rejected");
  if (rejection !== undefined) {
    return { code: "APPROVAL_REJECTED", found: `a rejection: ${rejection.reason}` };
  }
  if (counted.length < args.requiredApprovals) {
    return tooFew(args, verdicts, counted.length);
  }
  if (args.forbidSelfApproval !== true) {
    return undefined;
  }
  if (args.startedBy === undefined) {
    return { code: "APPROVAL_SELF", found: "a run without a named starter" };
  }
  const starter = args.startedBy.toLowerCase();
  return counted.some((one) => one.approval.approver.toLowerCase() !== starter)
    ? undefined
    : { code: "APPROVAL_SELF", found: `no approval but ${starter}'s, who starts the run` };
}

function tooFew(
  { planDigest, requiredApprovals }: RefusalArgs,
  verdicts: readonly Verdict[],
  count: number,
): Refusal {
  const found = count === 0 ? "no valid approval" : `${count} of ${requiredApprovals}`;
  const others = verdicts.filter((one) => one.verdict !== "wrongPlan" && one.verdict !== "valid");
  // An unreadable file may be an approval of this plan; a readable one names its plan.
  const worst = CODES.flatMap(([kind, code]) => {
    const verdict = others.find(
      (one) => one.verdict === kind && (one.approval?.plan ?? planDigest) === planDigest,
    );
    return verdict === undefined ? [] : [{ code, verdict }];
  }).at(0);
  if (worst !== undefined) {
    const { name, reason } = worst.verdict;
    return { code: worst.code, found: `${found}; of ${quoteUntrusted(name)}: ${reason}` };
  }
  return count === 0 && verdicts.length > 0
    ? { code: "APPROVAL_WRONG_PLAN", found: `${found}; ${verdicts.length} for other plans` }
    : { code: "APPROVAL_REQUIRED", found };
}
