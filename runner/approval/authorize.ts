import { resolve } from "node:path";
import type { ClientBase } from "pg";
import { fault } from "../base/fault";
import { isSignerName } from "../base/untrustedText";
import { approvalPlaces } from "../directive/approvalFolders";
import { pinnedTrust, usedNonces, type PinnedTrust } from "../history/pinnedTrust";
import { bothRevocations, revocationsIn, type Revocations } from "../history/revocations";
import type { Authorization, PlanAction } from "../model";
import type { PreparedPlan } from "../plan/plan";
import { begunPlans, refuseUnsignedRest } from "./begunPlans";
import { judgeApprovals, requireApproved } from "./checkApprovals";
import { readAllowedSigners, readCandidates, readRevocations } from "./files";
import { databaseClock } from "./pinnedFacts";
import { makeProof } from "./proof";
import type { CountedApproval } from "./refusal";
import { trustInForce } from "./trustInForce";

/** The stack's rules on approvals, and where the files are that these rules name. */
export interface ApprovalRules {
  /** False is honoured only where the database itself says that it is unprotected. */
  readonly requireApproval: boolean;
  /** How many distinct signers must have approved. */
  readonly requiredApprovals: number;
  /** Path of the allowed signers file, absolute or relative to the project. */
  readonly allowedSigners: string;
  /** Refuse a run whose only signer is the person who starts it. Default: false. */
  readonly forbidSelfApproval?: boolean;
  /** The project's folder: approvals are in the folders of its directives. */
  readonly projectFolder: string;
}

/**
 * Refuses a plan that may not run on this database. No approval is needed where there is nothing to run, or where the
 * database says that it is unprotected and the stack's rules ask for no approval. Every other plan needs valid approvals.
 *
 * Expiry is by the database's clock, used nonces are those in its history, and trusted signers are those that its history
 * pins: a later change of the signers file has no effect. Settings can make the pinned rules stricter, never milder.
 * Revocations in the database hold whatever the approvals' folder says.
 *
 * @returns what history records with each step; its nonces are consumed by the caller's transaction
 * @throws SETTING_INVALID where the rules ask for no approval on a protected database
 * @throws APPROVAL_REVOKED, APPROVAL_REQUIRED and its relatives
 */
export async function authorize(
  prepared: PreparedPlan,
  client: ClientBase,
  rules: ApprovalRules,
): Promise<Authorization> {
  const { digest, plan, isProtected, history } = prepared;
  const { requireApproval } = rules;
  if (isProtected && !requireApproval) {
    throw fault("SETTING_INVALID", {
      what: 'reading setting "v7:requireApproval"',
      found: "false, although the database is protected",
      expected:
        "true: only a database marked as unprotected (ALTER DATABASE … SET v7.unprotected = 'on') needs no approval",
      remedy: "Run pulumi config set v7:requireApproval true",
    });
  }
  const begun = begunPlans(prepared);
  if (plan === undefined && begun.length === 0) {
    return {};
  }
  const revoked = revocationsIn(history);
  for (const one of [...begun, ...(digest === undefined ? [] : [digest])]) {
    refuseRevokedPlan(one, revoked);
  }
  if (!isProtected && !requireApproval) {
    return {};
  }
  const folders = approvalPlaces(rules.projectFolder).folders.map((one) =>
    resolve(rules.projectFolder, one),
  );
  const startedBy = whoStarts();
  const circumstances = {
    candidates: readCandidates(folders),
    ...(startedBy === undefined ? {} : { startedBy }),
    now: await databaseClock(client),
    usedNonces: usedNonces(history),
    revoked: bothRevocations(revoked, readRevocations(folders)),
  };
  if (begun.length > 0) {
    const args = { ...circumstances, ...trustFor(prepared, "apply", rules) };
    await refuseUnsignedRest(prepared, args, () => repositorySigners(rules));
  }
  if (digest === undefined || plan === undefined) {
    return {};
  }
  const trust = trustFor(prepared, plan.action, rules);
  const judgement = await judgeApprovals({
    ...circumstances,
    ...trust,
    planDigest: digest,
    action: plan.action,
  });
  const counted = requireApproved(
    judgement,
    `running a plan on ${isProtected ? "a protected database" : "this stack"}`,
  );
  const { candidates, now } = circumstances;
  const proof = makeProof(plan, counted, candidates, { ...trust, now });
  return { approvals: counted.map(recordOf), trust, proof };
}

function repositorySigners({ projectFolder, allowedSigners }: ApprovalRules): string {
  return readAllowedSigners(resolve(projectFolder, allowedSigners));
}

/**
 * Refuses a revoked plan, also on a database that needs no approval.
 *
 * @throws APPROVAL_REVOKED
 */
function refuseRevokedPlan(digest: string, { plans }: Revocations): void {
  if (plans.has(digest)) {
    throw fault("APPROVAL_REVOKED", {
      what: `running the plan ${digest.slice(0, 16)}…`,
      found: "a plan that was revoked on this database",
      expected: "a plan that nobody has revoked",
      remedy: "Do not run this plan. Make another plan and have it reviewed",
    });
  }
}

function trustFor(
  { history }: PreparedPlan,
  action: PlanAction,
  rules: ApprovalRules,
): PinnedTrust {
  const pinned = pinnedTrust(history);
  const { allowedSigners, requiredApprovals } = trustInForce(
    pinned,
    revocationsIn(history),
    action,
    () => ({
      allowedSigners: repositorySigners(rules),
      requiredApprovals: Math.max(1, rules.requiredApprovals),
    }),
  );
  const isSelfForbidden = rules.forbidSelfApproval === true || pinned?.forbidSelfApproval === true;
  return {
    allowedSigners,
    requiredApprovals: Math.max(rules.requiredApprovals, requiredApprovals),
    ...(isSelfForbidden ? { forbidSelfApproval: true } : {}),
  };
}

/** What the history records of an approval: enough to find its file, and to refuse its nonce later. */
function recordOf({ approval, fingerprint }: CountedApproval): Record<string, unknown> {
  const { approver, nonce, plan, issued, expires, notes } = approval;
  return { approver, fingerprint, nonce, plan, issued, expires, notes };
}

/**
 * The signer's name of who starts this run, from the environment variable V7_STARTED_BY; undefined where it is not set, or
 * not a signer's name.
 *
 * Not a setting: a stack's file describes no run, and `pulumi destroy` would find the name of the run before. A workflow
 * sets the variable from what its platform knows (`github.actor`), where whoever starts the run cannot change the
 * workflow; on their own machine anybody can set any name.
 */
export function whoStarts(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const name = environment["V7_STARTED_BY"];
  return isSignerName(name) ? name : undefined;
}
