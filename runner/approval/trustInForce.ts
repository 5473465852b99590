import type { PinnedTrust } from "../history/pinnedTrust";
import type { Revocations } from "../history/revocations";
import type { PlanAction } from "../model";
import { parseAllowedSigners } from "./allowedSigners";

/** The signers whose approvals count for a plan, and how many must approve. */
export interface TrustInForce extends PinnedTrust {
  /** Whether these are the repository's signers, because the database pins none, or has revoked all that it pins. */
  readonly isRoot: boolean;
}

/**
 * The signers whose approvals count for a plan of this action: those that the database pins, or the repository's until it
 * pins any.
 *
 * Revoked keys can leave fewer signers than the pinned rule requires. A plan that changes the signers then needs the
 * approval of all that are left; where none is left, the repository's signers approve it, as before the first run. Any
 * other plan cannot be approved before that change.
 *
 * @param revoked by the database only: the repository's revocation file must not be able to disable pinned signers
 * @param root gives the rules of the repository and the stack's settings; called only where they decide
 */
export function trustInForce(
  pinned: PinnedTrust | undefined,
  revoked: Revocations,
  action: PlanAction,
  root: () => PinnedTrust,
): TrustInForce {
  if (pinned === undefined) {
    return { ...root(), isRoot: true };
  }
  const left = new Set(
    parseAllowedSigners(pinned.allowedSigners)
      .filter(({ fingerprint }) => !revoked.fingerprints.has(fingerprint))
      .map(({ principal }) => principal),
  ).size;
  if (action !== "trust" || left >= pinned.requiredApprovals) {
    return { ...pinned, isRoot: false };
  }
  return left === 0
    ? { ...root(), isRoot: true }
    : { ...pinned, requiredApprovals: left, isRoot: false };
}
