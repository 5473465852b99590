import { digestOf } from "../base/canonicalJson";
import type { HistoryRow } from "../model";
import { HISTORY_ROOT, REVOKE, type HistoryEntry } from "./history";

/** What no longer holds, whatever is signed and whenever. */
export interface Revocations {
  readonly nonces: ReadonlySet<string>;
  /** Of keys: `SHA256:…`. */
  readonly fingerprints: ReadonlySet<string>;
  /** Digests of plans, which may not run whoever approves them. */
  readonly plans: ReadonlySet<string>;
}

/** Nothing is revoked. */
export const NO_REVOCATIONS: Revocations = {
  nonces: new Set(),
  fingerprints: new Set(),
  plans: new Set(),
};

/** One no: an approval's nonce, a key's fingerprint, a plan's digest. */
export interface Revocation {
  readonly kind: "nonce" | "key" | "plan";
  readonly value: string;
}

/** What a revocation is called in the history: it spans all directives. */
const REVOCATION_STEP = { directive: "all", stepId: "revocation" } as const;

/** The row that records a no. */
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

/** Everything that this history revokes. Only a later row adds to it; none takes anything back. */
export function revocationsIn(history: readonly HistoryRow[]): Revocations {
  const all = history.flatMap(({ action, details }) =>
    action === REVOKE && isRevocation(details["revoked"]) ? [details["revoked"]] : [],
  );
  const valuesOf = (kind: Revocation["kind"]): ReadonlySet<string> =>
    new Set(all.filter((one) => one.kind === kind).map(({ value }) => value));
  return { nonces: valuesOf("nonce"), fingerprints: valuesOf("key"), plans: valuesOf("plan") };
}

/** What either revokes: a no of the database and a no of the repository count alike. */
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
