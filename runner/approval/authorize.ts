import { resolve } from "node:path";
import type { ClientBase } from "pg";
import { fault } from "../base/fault";
import { approvalPlaces } from "../directive/approvalFolders";
import { pinnedTrust, usedNonces, type PinnedTrust } from "../history/pinnedTrust";
import { bothRevocations, revocationsIn, type Revocations } from "../history/revocations";
import type { Authorization, PlanAction } from "../model";
import type { PreparedPlan } from "../plan/plan";
import { judgeApprovals, requireApproved, type CountedApproval } from "./checkApprovals";
import { readAllowedSigners, readCandidates, readRevocations } from "./files";
import { databaseClock } from "./pinnedFacts";
import { makeProof } from "./proof";
import { trustInForce } from "./trustInForce";
import { whoStarts } from "./whoStarts";

/** The stack's rules on approvals, and where the files that they speak of are. */
export interface ApprovalRules {
  /** False is honoured only where the database itself says that it is unprotected. */
  readonly requireApproval: boolean;
  /** How many distinct signers must have approved. */
  readonly requiredApprovals: number;
  /** Path of the allowed signers file, absolute or relative to the project. */
  readonly allowedSigners: string;
  /** May the one who starts the run not be the only signer? Default: false. */
  readonly forbidSelfApproval?: boolean;
  /** The project's folder: approvals lie in those of its directives. */
  readonly projectFolder: string;
}

/**
 * Whether this plan may run on this database: without more ado where there is nothing to run, or where the database
 * says that it is unprotected and the stack's rules ask for no approval; else only with valid approvals.
 *
 * Expiry is by the database's clock, used nonces are those of its history, and trusted signers those that the history
 * pins: a signers file that was changed since counts for nothing. Settings can make the pinned rules stricter, never
 * milder. What the database revoked counts, whatever lies in the approvals' folder.
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
  const { digest, plan, isProtected } = prepared;
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
  if (digest === undefined || plan === undefined) {
    return {};
  }
  const revoked = revocationsIn(prepared.history);
  refuseRevokedPlan(digest, revoked);
  if (!isProtected && !requireApproval) {
    return {};
  }
  const folders = approvalPlaces(rules.projectFolder).folders.map((one) =>
    resolve(rules.projectFolder, one),
  );
  const trust = trustFor(prepared, plan.action, rules);
  const startedBy = whoStarts();
  const candidates = readCandidates(folders);
  const now = await databaseClock(client);
  const judgement = await judgeApprovals({
    planDigest: digest,
    action: plan.action,
    candidates,
    ...trust,
    ...(startedBy === undefined ? {} : { startedBy }),
    now,
    usedNonces: usedNonces(prepared.history),
    revoked: bothRevocations(revoked, readRevocations(folders)),
  });
  const counted = requireApproved(
    judgement,
    `running a plan on ${isProtected ? "a protected database" : "this stack"}`,
  );
  const proof = makeProof(plan, counted, candidates, { ...trust, now });
  return { approvals: counted.map(recordOf), trust, proof };
}

/**
 * A plan that was revoked does not run, on a database that asks for no approval either.
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
      allowedSigners: readAllowedSigners(resolve(rules.projectFolder, rules.allowedSigners)),
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

/** What history keeps of an approval: enough to find its file again, and to refuse its nonce. */
function recordOf({ approval, fingerprint }: CountedApproval): Record<string, unknown> {
  const { approver, nonce, plan, issued, expires, notes } = approval;
  return { approver, fingerprint, nonce, plan, issued, expires, notes };
}
