import { formatTime, reasonOf } from "../base/untrustedText";
import type { Revocations } from "../history/revocations";
import type { Approval, PlanAction } from "../model";
import { type AllowedSigner, isTrustedAt } from "./allowedSigners";
import type { Candidate } from "./files";
import { MAX_CLOCK_LEAD_SECONDS, parseApproval } from "./record";
import { readSignature } from "./signature";
import { verifySignature } from "./sshKeygen";

export type VerdictKind =
  | "valid"
  | "expired"
  | "notYetValid"
  | "used"
  | "revoked"
  | "wrongPlan"
  | "wrongAction"
  | "untrusted"
  | "rejected"
  | "badSignature"
  | "malformed";

/** The verdict on one candidate, and the first reason for it. */
export interface Verdict {
  readonly name: string;
  readonly verdict: VerdictKind;
  readonly reason: string;
  /** Its content, where it can be parsed; trusted only where the signature was verified. */
  readonly approval?: Approval;
  /** `SHA256:…` of the key whose signature was verified. */
  readonly fingerprint?: string;
}

/** What a candidate is compared with. */
export interface Circumstances {
  /** The plan and the action that would run. Default: those that the approval names. */
  readonly planDigest?: string;
  readonly action?: PlanAction;
  readonly signers: readonly AllowedSigner[];
  /** The database's clock; the runner's own may have been set back. */
  readonly now: Date;
  readonly usedNonces: ReadonlySet<string>;
  readonly revoked: Revocations;
}

/** Judges one candidate: first its form, then its signer, then its content. */
export async function judgeCandidate(
  candidate: Candidate,
  circumstances: Circumstances,
): Promise<Verdict> {
  const { name } = candidate;
  if ("problem" in candidate) {
    return { name, verdict: "malformed", reason: candidate.problem };
  }
  // Copies: nobody else can change the bytes between parsing and verifying.
  const json = Buffer.from(candidate.json);
  const signature = Buffer.from(candidate.signature);
  let approval: Approval;
  try {
    approval = parseApproval(json);
  } catch (error) {
    return { name, verdict: "malformed", reason: reasonOf(error) };
  }
  if (circumstances.planDigest !== undefined && approval.plan !== circumstances.planDigest) {
    // Its signature is not verified: a folder full of old approvals would take long.
    const reason = `it is for the plan ${short(approval.plan)}, not ${short(circumstances.planDigest)}`;
    return { name, verdict: "wrongPlan", reason, approval };
  }
  const signer = await findSigner(json, signature, approval, circumstances);
  if ("verdict" in signer) {
    return { name, ...signer, approval };
  }
  const { fingerprint } = signer;
  return { name, ...judgeContent(approval, fingerprint, circumstances), approval, fingerprint };
}

type Opinion = Pick<Verdict, "verdict" | "reason">;

/** The trusted signer who is named as the approver and whose key has signed these bytes; or why there is none. */
async function findSigner(
  json: Buffer,
  signature: Buffer,
  { approver }: Approval,
  { signers, now }: Circumstances,
): Promise<AllowedSigner | Opinion> {
  if (!signers.some((signer) => signer.principal === approver)) {
    return { verdict: "untrusted", reason: `"${approver}" is not a trusted signer` };
  }
  let fingerprint: string;
  try {
    fingerprint = readSignature(signature).fingerprint;
  } catch (error) {
    return { verdict: "badSignature", reason: `the signature: ${reasonOf(error)}` };
  }
  const signer = signers.find((one) => one.fingerprint === fingerprint);
  if (signer?.principal !== approver) {
    const whose = signer === undefined ? "no trusted signer's" : `${signer.principal}'s`;
    const reason = `signed with the key ${fingerprint}, which is ${whose}, not ${approver}'s`;
    return { verdict: "untrusted", reason };
  }
  if (!(await verifySignature(json, signature, signer))) {
    return { verdict: "badSignature", reason: "the signature does not hold for these bytes" };
  }
  if (!isTrustedAt(signer, now)) {
    const reason = `${approver}'s key ${fingerprint} is not trusted at ${formatTime(now)}`;
    return { verdict: "untrusted", reason };
  }
  return signer;
}

/** The verdict on an approval whose signature was verified. */
function judgeContent(
  approval: Approval,
  fingerprint: string,
  { action, now, usedNonces, revoked }: Circumstances,
): Opinion {
  const { approver, nonce, plan } = approval;
  if (revoked.plans.has(plan)) {
    return { verdict: "revoked", reason: `the plan ${short(plan)} is revoked` };
  }
  if (revoked.nonces.has(nonce)) {
    return { verdict: "revoked", reason: `its nonce ${nonce} is revoked` };
  }
  if (revoked.fingerprints.has(fingerprint)) {
    return { verdict: "revoked", reason: `${approver}'s key ${fingerprint} is revoked` };
  }
  const isOver = now.getTime() >= Date.parse(approval.expires);
  if (approval.decision === "rejected" && !isOver) {
    // Checked before the issue time and the action: a doubtful rejection still counts as one.
    const until = `until ${approval.expires}, or until its nonce ${nonce} is revoked`;
    return { verdict: "rejected", reason: `${approver} rejects the plan ${until}` };
  }
  if (action !== undefined && approval.action !== action) {
    const reason = `it allows ${approval.action}, and this is ${action}`;
    return { verdict: "wrongAction", reason };
  }
  if (usedNonces.has(nonce)) {
    return { verdict: "used", reason: "it has already allowed a run" };
  }
  if (isOver) {
    return { verdict: "expired", reason: `it expired at ${approval.expires}` };
  }
  if (Date.parse(approval.issued) - now.getTime() > MAX_CLOCK_LEAD_SECONDS * 1000) {
    const reason = `it was issued at ${approval.issued}, ahead of ${formatTime(now)}`;
    return { verdict: "notYetValid", reason };
  }
  return {
    verdict: "valid",
    reason: `approved by ${approver} with ${fingerprint} until ${approval.expires}`,
  };
}

function short(digest: string): string {
  return `${digest.slice(0, 16)}…`;
}
