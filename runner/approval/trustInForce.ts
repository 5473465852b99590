import type { PinnedTrust } from "../history/pinnedTrust";
import type { Revocations } from "../history/revocations";
import type { PlanAction } from "../model";
import { parseAllowedSigners } from "./allowedSigners";

/** Who decides over a plan. */
export interface TrustInForce extends PinnedTrust {
  /** Whether these are the repository's signers: the database itself trusts nobody (yet, or any more). */
  readonly isRoot: boolean;
}

/**
 * Who decides over a plan of this action: those whom the database pins, and until it pins anybody those of the
 * repository.
 *
 * Keys that the database revoked can leave too few signers to meet the pinned rule. A plan that changes the signers then
 * needs as many as are left; where none is left, those of the repository decide over it, as before the first run. Every
 * other plan waits for that change.
 *
 * @param revoked by the database; what the repository revokes takes nobody's word away here, or its file could
 * @param root the rules of the repository and the stack's settings; asked for only where they decide
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
