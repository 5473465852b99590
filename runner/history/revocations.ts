import { digestOf } from "../base/canonicalJson";
import type { HistoryRow } from "../model";
import { HISTORY_ROOT, REVOKE, type HistoryEntry } from "./history";

/** What is revoked; no approval, whenever it is signed, makes it valid again. */
export interface Revocations {
  /** Nonces of approvals. */
  readonly nonces: ReadonlySet<string>;
  /** Fingerprints of keys: `SHA256:…`. */
  readonly fingerprints: ReadonlySet<string>;
  /** Digests of plans that may not run. */
  readonly plans: ReadonlySet<string>;
}

/** One revoked thing: an approval's nonce, a key's fingerprint, or a plan's digest. */
export interface Revocation {
  readonly kind: "nonce" | "key" | "plan";
  readonly value: string;
}

/** A revocation as a step in the history; it belongs to all directives. */
const REVOCATION_STEP = { directive: "all", stepId: "revocation" } as const;

/** The row that records a revocation. */
export function revocationEntry(revoked: Revocation, reason: string): HistoryEntry {
  return {
    action: REVOKE,
    ...REVOCATION_STEP,
    stepKind: revoked.kind,
    stepSha256: digestOf(revoked),
    planDigest: HISTORY_ROOT,
    durationMs: 0,
    details: { revoked, ...(reason === "" ? {} : { reason }) },
  };
}

/** Everything that this history revokes. Later rows can add to it, but cannot undo it. */
export function revocationsIn(history: readonly HistoryRow[]): Revocations {
  const all = history.flatMap(({ action, details }) =>
    action === REVOKE && isRevocation(details["revoked"]) ? [details["revoked"]] : [],
  );
  return revocationsOf(all);
}

export function revocationsOf(all: readonly Revocation[]): Revocations {
  const valuesOf = (kind: Revocation["kind"]): ReadonlySet<string> =>
    new Set(all.filter((one) => one.kind === kind).map(({ value }) => value));
  return { nonces: valuesOf("nonce"), fingerprints: valuesOf("key"), plans: valuesOf("plan") };
}

export const NO_REVOCATIONS = revocationsOf([]);

/** The union of both: revocations in the database and in the repository count alike. */
export function bothRevocations(one: Revocations, other: Revocations): Revocations {
  return {
    nonces: new Set([...one.nonces, ...other.nonces]),
    fingerprints: new Set([...one.fingerprints, ...other.fingerprints]),
    plans: new Set([...one.plans, ...other.plans]),
  };
}

function isRevocation(value: unknown): value is Revocation {
  const { kind, value: revoked } = (value ?? {}) as Partial<Record<string, unknown>>;
  return typeof kind === "string" && typeof revoked === "string";
}
