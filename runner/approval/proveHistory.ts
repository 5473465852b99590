import { digestOf } from "../base/canonicalJson";
import { Fault } from "../base/fault";
import { InvalidApprovalText, need } from "../base/untrustedText";
import { HISTORY_ROOT, HISTORY_STEP_ID, lastRun, REVOKE, VOUCH_STEP } from "../history/history";
import { isPinnedTrust, usedNonces, type PinnedTrust } from "../history/pinnedTrust";
import { revocationsIn } from "../history/revocations";
import type { HistoryRow, Plan } from "../model";
import { parseAllowedSigners, type AllowedSigner } from "./allowedSigners";
import { readProof } from "./proof";
import { countDistinct } from "./refusal";
import { trustInForce } from "./trustInForce";
import { judgeCandidate } from "./verdict";

/** Whether one row of the history is proven to be approved, and by whom. */
export interface ProvenRow {
  readonly position: number;
  /** The signers who approved it; empty for a revocation, which needs no approval. */
  readonly approvers: readonly string[];
  /** For a row without a proof of its own: the position of the proven row whose signers vouch for it. */
  readonly vouchedAt?: number;
  /** Why no approval is proven; absent where one is. */
  readonly problem?: string;
}

/** A run whose first row holds a valid proof. */
interface Run {
  readonly firstPosition: number;
  /** The digest of the row before it. */
  readonly previousDigest: string;
  readonly plan: Plan;
  readonly approvers: readonly string[];
  readonly nonces: ReadonlySet<string>;
  /** The run's steps that rows have recorded so far. */
  readonly recorded: Set<string>;
}

/**
 * Verifies for each row, with ssh-keygen, that the plan which the row names was signed by signers whom the database
 * trusted at that time; that the plan was made on the row before; and that the plan names the step that the row records.
 *
 * Only signatures are trusted: the trusted signers are first the repository's allowed signers, then those that proven
 * rows pin. On an unprotected database no row needs a proof; the caller knows whether the database is protected.
 *
 * @param history in order; whoever read it has verified its chain
 * @param root gives the content of the repository's allowed signers; called only where they decide
 * @throws SSH_KEYGEN_MISSING
 */
export async function proveHistory(
  history: readonly HistoryRow[],
  root: () => string,
): Promise<readonly ProvenRow[]> {
  const runs = new Map<string, Run | string>();
  let pinned: PinnedTrust | undefined;
  let proven: ProvenRow[] = [];
  for (const [index, row] of history.entries()) {
    const { position } = row;
    if (row.action === REVOKE || isMadeToRevoke(row, history[index + 1])) {
      proven.push({ position, approvers: [] });
      continue;
    }
    const run =
      runs.get(row.planDigest) ?? (await proveRun(row, history.slice(0, index), pinned, root));
    runs.set(row.planDigest, run);
    const problem = typeof run === "string" ? run : rowProblem(row, run);
    if (typeof run === "string" || problem !== undefined) {
      proven.push({ position, approvers: [], problem: problem ?? "" });
      continue;
    }
    const trust = row.details["trust"];
    if (isPinnedTrust(trust) && (pinned === undefined || row.action === "trust")) {
      pinned = trust;
    }
    if (row.stepKind === VOUCH_STEP.kind) {
      // A row without a proof of its own is vouched for.
      proven = proven.map((one) =>
        one.problem === undefined
          ? one
          : { position: one.position, approvers: one.approvers, vouchedAt: position },
      );
    }
    proven.push({ position, approvers: run.approvers });
  }
  return proven;
}

/** Whether the row made the history for a revocation before the first run, which needs no approval. */
function isMadeToRevoke(row: HistoryRow, next: HistoryRow | undefined): boolean {
  return (
    row.position === 1 &&
    row.stepId === HISTORY_STEP_ID &&
    row.planDigest === HISTORY_ROOT &&
    next?.action === REVOKE
  );
}

/** @returns the run whose first row this is, or why nothing proves it */
async function proveRun(
  row: HistoryRow,
  before: readonly HistoryRow[],
  pinned: PinnedTrust | undefined,
  root: () => string,
): Promise<Run | string> {
  try {
    return await verifyRun(row, before, pinned, root);
  } catch (error) {
    if (error instanceof InvalidApprovalText) {
      return error.message;
    }
    if (error instanceof Fault && error.code === "SIGNERS_INVALID") {
      return `no signers to verify it by: ${error.message}`;
    }
    throw error;
  }
}

async function verifyRun(
  row: HistoryRow,
  before: readonly HistoryRow[],
  pinned: PinnedTrust | undefined,
  root: () => string,
): Promise<Run> {
  const { proof, plan } = readProof(row.details, row.planDigest);
  need(
    plan.base.historyHead === (lastRun(before)?.digest ?? null),
    "a plan that was not made on the row before",
  );
  const revoked = revocationsIn(before);
  need(!revoked.plans.has(row.planDigest), "a plan that had been revoked before it ran");
  const trust = trustInForce(pinned, revoked, plan.action, () => ({
    allowedSigners: root(),
    requiredApprovals: proof.requiredApprovals,
  }));
  const signers = parseAllowedSigners(trust.allowedSigners);
  if (trust.isRoot && plan.action !== "trust") {
    needOnly(signers, row.details["trust"]);
  }
  const verdicts = [];
  for (const { record, signature } of proof.approvals) {
    verdicts.push(
      await judgeCandidate(
        { name: "approval", json: Buffer.from(record), signature: Buffer.from(signature) },
        {
          planDigest: row.planDigest,
          action: plan.action,
          signers,
          now: new Date(proof.judgedAt),
          usedNonces: usedNonces(before),
          revoked,
        },
      ),
    );
  }
  const bad = verdicts.find(({ verdict }) => verdict !== "valid");
  need(bad === undefined, `an approval that is ${bad?.verdict ?? ""}: ${bad?.reason ?? ""}`);
  const counted = countDistinct(verdicts);
  need(
    counted.length >= trust.requiredApprovals,
    `${counted.length} of the ${trust.requiredApprovals} approvals that it needed`,
  );
  return {
    firstPosition: row.position,
    previousDigest: row.previousDigest,
    plan,
    approvers: counted.map(({ approval }) => approval.approver),
    nonces: new Set(counted.map(({ approval }) => approval.nonce)),
    recorded: new Set(),
  };
}

/** The first approved run may pin only signers of the repository: otherwise a run could appoint its own. */
function needOnly(root: readonly AllowedSigner[], trust: unknown): void {
  need(isPinnedTrust(trust), "no signers that it pins");
  const stranger = parseAllowedSigners(trust.allowedSigners).find(
    (one) =>
      !root.some(
        ({ principal, fingerprint }) =>
          principal === one.principal && fingerprint === one.fingerprint,
      ),
  );
  need(
    stranger === undefined,
    `it pins the key ${stranger?.fingerprint ?? ""} of ${stranger?.principal ?? ""}, which the repository's allowed signers do not name`,
  );
}

/** Why a proven run cannot have written this row; undefined where it can. */
function rowProblem(row: HistoryRow, run: Run): string | undefined {
  return stepProblem(row, run) ?? approvalsProblem(row, run) ?? signersProblem(row, run);
}

/** Notes the step as recorded by its run, since a run records each step once. */
function stepProblem(row: HistoryRow, { plan, recorded }: Run): string | undefined {
  const { directive, stepId, stepKind, stepSha256, action, details } = row;
  const isPlanned = plan.steps.some(
    (step) =>
      step.directive === directive &&
      step.id === stepId &&
      step.kind === stepKind &&
      step.sha256 === stepSha256,
  );
  if (!isPlanned) {
    return "its plan names no such step with these bytes";
  }
  // Adoption executes the step that makes the history table, to write its rows there.
  const isHistoryMade = plan.action === "adopt" && action === "apply" && stepId === HISTORY_STEP_ID;
  if (action !== plan.action && !isHistoryMade) {
    return `its plan is of the action ${plan.action}, not ${action}`;
  }
  const key = JSON.stringify([directive, stepId, details["state"] ?? ""]);
  if (recorded.has(key)) {
    return "its plan's step was recorded before: what was approved once ran twice";
  }
  recorded.add(key);
  return undefined;
}

function approvalsProblem(row: HistoryRow, { nonces, firstPosition }: Run): string | undefined {
  const own = usedNonces([row]);
  const mayLack = row.position !== firstPosition && own.size === 0;
  const isSame = own.size === nonces.size && [...own].every((nonce) => nonces.has(nonce));
  return mayLack || isSame ? undefined : "it names other approvals than those that were signed";
}

function signersProblem(row: HistoryRow, { previousDigest }: Run): string | undefined {
  const { stepKind, stepSha256, action, details } = row;
  if (stepKind === VOUCH_STEP.kind) {
    const isVouched = action === "trust" && stepSha256 === previousDigest;
    return isVouched ? undefined : "it vouches for other rows than those before it";
  }
  const isTrustSigned = action !== "trust" || digestOf(details["trust"] ?? null) === stepSha256;
  return isTrustSigned ? undefined : "it pins other signers than its plan names";
}
