import { isTrustedAt, parseAllowedSigners } from "../../runner/approval/allowedSigners";
import type { ApprovalRules } from "../../runner/approval/authorize";
import { when } from "../../runner/base/when";
import { pinnedTrust } from "../../runner/history/pinnedTrust";
import { revocationsIn } from "../../runner/history/revocations";
import type { HistoryRow } from "../../runner/model";
import { fail, ok, warn, type Answer } from "./examination";

/** The facts about whom a database trusts. */
export interface TrustFacts {
  readonly history: readonly HistoryRow[];
  readonly rules: ApprovalRules;
  readonly isProtected: boolean;
  /** The database's clock. */
  readonly now: Date;
  /** Reads the repository's allowed signers. */
  readonly readSigners: () => string;
}

const CHANGE = "npx v7 plan --action trust, signed by the remaining signers (docs/approvals.md)";

/**
 * Reports whose approvals count on this database (its pinned signers, or the repository's while none are pinned), how many
 * must approve, and whose keys are expired or revoked.
 *
 * @throws SIGNERS_INVALID
 */
export function lookAtTrust({
  history,
  rules,
  isProtected,
  now,
  readSigners,
}: TrustFacts): readonly Answer[] {
  if (!isProtected && !rules.requireApproval) {
    return [ok("no approval is needed: the database is unprotected, and the stack requires none")];
  }
  const pinned = pinnedTrust(history);
  const revoked = revocationsIn(history);
  const text = pinned?.allowedSigners ?? readSigners();
  const signers = parseAllowedSigners(text);
  const left = signers.filter(
    (signer) => isTrustedAt(signer, now) && !revoked.fingerprints.has(signer.fingerprint),
  );
  const names = [...new Set(left.map(({ principal }) => principal))];
  const needed = Math.max(pinned?.requiredApprovals ?? 1, rules.requiredApprovals);
  const whose = pinned === undefined ? "the repository's, nothing is pinned yet" : "pinned";
  const { plans, nonces, fingerprints } = revoked;
  const words = `${whose}: ${names.join(", ") || "nobody"}; ${needed} must approve; revoked: ${plans.size} plans, ${nonces.size} approvals, ${fingerprints.size} keys`;
  const lost = signers.length - left.length;
  return [
    names.length < needed
      ? fail(words, `No plan can be approved. Change the signers: ${CHANGE}`)
      : ok(words),
    ...when(
      lost > 0 && names.length >= needed,
      warn(`${lost} of their keys no longer count: revoked or expired`, `Replace it: ${CHANGE}`),
    ),
    ...when(
      pinned !== undefined && pinned.allowedSigners !== readSigners(),
      warn(
        "the repository's allowed_signers are not those that the database has pinned; the database's decide",
        `See who changed the file (git log), and undo it, or ${CHANGE}`,
      ),
    ),
  ];
}
