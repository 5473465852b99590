import type { HistoryRow } from "./history";

/** Whom this database trusts to approve, as its first approved run recorded it. */
export interface PinnedTrust {
  /** The content of the allowed signers file. */
  readonly allowedSigners: string;
  readonly requiredApprovals: number;
}

/**
 * The trust that the history pins: that of the first run which recorded any. Later files in the repository do not
 * change it, or whoever can write there could appoint himself.
 *
 * @returns undefined where nothing was ever approved on this database
 */
export function pinnedTrust(history: readonly HistoryRow[]): PinnedTrust | undefined {
  for (const { details } of history) {
    const trust = details["trust"];
    if (isTrust(trust)) {
      return trust;
    }
  }
  return undefined;
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

function isTrust(value: unknown): value is PinnedTrust {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Record<string, unknown>)["allowedSigners"] === "string" &&
    typeof (value as Record<string, unknown>)["requiredApprovals"] === "number"
  );
}
