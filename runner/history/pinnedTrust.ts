import { isMapping } from "../base/yamlText";
import type { HistoryRow } from "../model";

/** The allowed signers and the rules of approvals that the history records. */
export interface PinnedTrust {
  /** The content of the allowed signers file. */
  readonly allowedSigners: string;
  readonly requiredApprovals: number;
  /** True: whoever starts a run must not be its only signer. Default: false. */
  readonly forbidSelfApproval?: boolean;
}

/**
 * The trust that the history pins: that of the first run which recorded one, until an approved row of the action `trust`
 * changes it. Other rows, and later files in the repository, do not change it: otherwise whoever can write those could make
 * himself a signer.
 *
 * @returns undefined where no approved run was recorded on this database
 */
export function pinnedTrust(history: readonly HistoryRow[]): PinnedTrust | undefined {
  let pinned: PinnedTrust | undefined;
  for (const row of history) {
    const trust = row.details["trust"];
    const isChange = row.action === "trust" && usedNonces([row]).size > 0;
    if (isPinnedTrust(trust) && (pinned === undefined || isChange)) {
      pinned = trust;
    }
  }
  return pinned;
}

/** The nonces of all approvals that were used on this database, by any action. */
export function usedNonces(history: readonly HistoryRow[]): ReadonlySet<string> {
  return new Set(
    history.flatMap(({ details }) => {
      const approvals: unknown = details["approvals"];
      return Array.isArray(approvals) ? approvals.flatMap(nonceOf) : [];
    }),
  );
}

function nonceOf(approval: unknown): string[] {
  const nonce = isMapping(approval) ? approval["nonce"] : null;
  return typeof nonce === "string" ? [nonce] : [];
}

export function isPinnedTrust(value: unknown): value is PinnedTrust {
  return (
    isMapping(value) &&
    typeof value["allowedSigners"] === "string" &&
    typeof value["requiredApprovals"] === "number"
  );
}
