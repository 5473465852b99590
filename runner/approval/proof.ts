import { canonicalJson } from "../base/canonicalJson";
import { sha256 } from "../base/sha256";
import { InvalidApprovalText, need } from "../base/untrustedText";
import type { Plan } from "../model";
import type { Candidate } from "./files";
import { parsePlan } from "./planFile";
import { approvalBytes } from "./record";
import type { CountedApproval } from "./refusal";

/**
 * The plan and the signed approvals that allowed a run, byte for byte; the details of the run's first history row have
 * them. Whoever can read that row can verify it with ssh-keygen alone (docs/history.md).
 */
export interface Proof {
  /** The plan's canonical JSON: its sha256 is the digest that was signed. */
  readonly plan: string;
  /** When the approvals were judged, by the database's clock: ISO 8601, UTC. */
  readonly judgedAt: string;
  /** How many distinct signers were required. */
  readonly requiredApprovals: number;
  readonly approvals: readonly SignedApproval[];
}

interface SignedApproval {
  /** The bytes that were signed, as text. */
  readonly record: string;
  /** As ssh-keygen wrote it, armored. */
  readonly signature: string;
}

/** The proof of a run that these approvals allow; `candidates` are the files that the approvals were read from. */
export function makeProof(
  plan: Plan,
  counted: readonly CountedApproval[],
  candidates: readonly Candidate[],
  { now, requiredApprovals }: { readonly now: Date; readonly requiredApprovals: number },
): Proof {
  return {
    plan: canonicalJson(plan),
    judgedAt: now.toISOString(),
    requiredApprovals,
    approvals: counted.map(({ name, approval }) => ({
      record: approvalBytes(approval).toString("utf8"),
      signature: signatureOf(name, candidates),
    })),
  };
}

/**
 * The proof in a row's details, and its plan.
 *
 * @throws InvalidApprovalText where there is none, or where its plan is not the one with this digest
 */
export function readProof(
  details: Readonly<Record<string, unknown>>,
  planDigest: string,
): { readonly proof: Proof; readonly plan: Plan } {
  const proof = details["proof"];
  if (proof === undefined) {
    throw new InvalidApprovalText(
      Array.isArray(details["approvals"])
        ? "no proof, only the names of approvals: a former version of the runner wrote it, or nobody approved it"
        : "no proof and no approval: it ran before the database was protected, or past the approvals",
    );
  }
  need(isProof(proof), "a proof that is not in a proof's form");
  need(sha256(proof.plan) === planDigest, "a proof of another plan than the row's");
  return { proof, plan: parsePlan(Buffer.from(proof.plan)) };
}

function signatureOf(name: string, candidates: readonly Candidate[]): string {
  const found = candidates.find((one) => one.name === name);
  if (found === undefined || "problem" in found) {
    throw new TypeError("makeProof: an approval that was read from none of the candidates");
  }
  return found.signature.toString("utf8");
}

function isProof(value: unknown): value is Proof {
  const { plan, judgedAt, requiredApprovals, approvals } = (value ?? {}) as Partial<
    Record<keyof Proof, unknown>
  >;
  return (
    typeof plan === "string" &&
    typeof judgedAt === "string" &&
    !Number.isNaN(Date.parse(judgedAt)) &&
    Number.isSafeInteger(requiredApprovals) &&
    Number(requiredApprovals) > 0 &&
    Array.isArray(approvals) &&
    approvals.every(isSignedApproval)
  );
}

function isSignedApproval(value: unknown): value is SignedApproval {
  const { record, signature } = (value ?? {}) as Partial<Record<keyof SignedApproval, unknown>>;
  return typeof record === "string" && typeof signature === "string";
}
