import type { HistoryRow } from "../model";

/** Whom this database trusts to approve, as its history records it. */
export interface PinnedTrust {
  /** The content of the allowed signers file. */
  readonly allowedSigners: string;
  readonly requiredApprovals: number;
  /** May the one who starts a run not be its only signer? Absent: he may. */
  readonly forbidSelfApproval?: boolean;
}

/**
 * The trust that the history pins: that of the first run which recorded any, until a later row of the action `trust`
 * changes it. What other rows or later files in the repository say changes nothing, or whoever can write there could
 * appoint himself.
 *
 * @returns undefined where nothing was ever approved on this database
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

/** Every nonce that was consumed on this database, by whatever action. */
export function usedNonces(history: readonly HistoryRow[]): ReadonlySet<string> {
  return new Set(
    history.flatMap(({ details }) => {
      const approvals: unknown = details["approvals"];
      return Array.isArray(approvals) ? approvals.flatMap(nonceOf) : [];
    }),
  );
}

function nonceOf(approval: unknown): string[] {
  const nonce =
    typeof approval === "object" && approval !== null
      ? (approval as Record<string, unknown>)["nonce"]
      : null;
  return typeof nonce === "string" ? [nonce] : [];
}

/** Whether a row says whom the database trusts in this form. */
export function isPinnedTrust(value: unknown): value is PinnedTrust {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Record<string, unknown>)["allowedSigners"] === "string" &&
    typeof (value as Record<string, unknown>)["requiredApprovals"] === "number"
  );
}
