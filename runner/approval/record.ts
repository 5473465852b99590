import { randomBytes } from "node:crypto";
import { canonicalJson } from "../base/canonicalJson";
import {
  formatTime,
  isPlainText,
  isSha256,
  isSignerName,
  InvalidApprovalText,
  parseTime,
  quoteUntrusted,
} from "../base/untrustedText";
import type { Revocation, Revocations } from "../history/revocations";
import type { Approval, PlanAction } from "../model";
import { exactFields, parseCanonicalJson, strictText } from "./approvalJson";

/** Longer than this, and the world that was approved is no longer the one that runs. */
export const MAX_LIFETIME_DAYS = 30;
/** A signer's clock may be ahead of the database's by so much. */
export const MAX_CLOCK_LEAD_SECONDS = 300;

const DAY_MILLISECONDS = 86_400_000;
const MAX_NOTES_CHARACTERS = 1000;

const ACTIONS: Record<PlanAction, true> = {
  apply: true,
  rollback: true,
  repair: true,
  adopt: true,
  restore: true,
  trust: true,
};
const FIELDS = Object.keys({
  kind: true,
  version: true,
  plan: true,
  action: true,
  decision: true,
  approver: true,
  notes: true,
  issued: true,
  expires: true,
  nonce: true,
} satisfies Record<keyof Approval, true>) as (keyof Approval)[];

/** Is it one of the actions that a plan can have? */
export function isPlanAction(value: unknown): value is PlanAction {
  return typeof value === "string" && Object.hasOwn(ACTIONS, value);
}

/** A new approval, with a nonce that nobody has used. */
export function newApproval(
  parts: Pick<Approval, "plan" | "action" | "decision" | "approver" | "notes">,
  issued: Date,
  lifetimeSeconds: number,
): Approval {
  const expires = new Date(issued.getTime() + lifetimeSeconds * 1000);
  const approval: Approval = {
    kind: "v7-approval",
    version: 1,
    plan: parts.plan,
    action: parts.action,
    decision: parts.decision,
    approver: parts.approver,
    notes: parts.notes,
    issued: formatTime(issued),
    expires: formatTime(expires),
    nonce: randomBytes(16).toString("hex"),
  };
  // What we would refuse to read we do not ask anybody to sign.
  return parseApproval(approvalBytes(approval));
}

/** Exactly the bytes that are signed. */
export function approvalBytes(approval: Approval): Buffer {
  return Buffer.from(canonicalJson(approval), "utf8");
}

/**
 * The name of its file without `.json`: the first 16 digits of the plan, and the approver. A rejection has a name of its
 * own, which no approval can have: neither is written over the other.
 */
export function approvalName(approval: Pick<Approval, "plan" | "approver" | "decision">): string {
  const name = `${approval.plan.slice(0, 16)}-${approval.approver}`;
  return approval.decision === "rejected" ? `rejected-${name}` : name;
}

/**
 * The approval that these bytes are, every field checked.
 *
 * @throws InvalidApprovalText with the first reason
 */
export function parseApproval(bytes: Uint8Array): Approval {
  const fields = exactFields(parseCanonicalJson(bytes), "the approval", FIELDS);
  const need = (holds: boolean, field: keyof Approval, expected: string): void => {
    if (!holds) {
      const found = fields[field];
      const text = typeof found === "string" ? quoteUntrusted(found) : `a ${typeof found}`;
      throw new InvalidApprovalText(`"${field}" is ${text}, not ${expected}`);
    }
  };
  need(fields.kind === "v7-approval", "kind", '"v7-approval"');
  need(fields.version === 1, "version", "the number 1");
  need(isSha256(fields.plan), "plan", "64 hexadecimal digits");
  need(isPlanAction(fields.action), "action", `one of ${Object.keys(ACTIONS).join(", ")}`);
  need(
    fields.decision === "approved" || fields.decision === "rejected",
    "decision",
    "approved or rejected",
  );
  need(isSignerName(fields.approver), "approver", "a signer's name");
  need(
    isPlainText(fields.notes, MAX_NOTES_CHARACTERS),
    "notes",
    "one line of at most 1000 characters",
  );
  need(
    typeof fields.nonce === "string" && /^[0-9a-f]{32}$/.test(fields.nonce),
    "nonce",
    "32 hexadecimal digits",
  );
  const issued = parseTime(fields.issued);
  const expires = parseTime(fields.expires);
  need(issued !== undefined, "issued", "a UTC time such as 2026-01-31T08:00:00Z");
  need(expires !== undefined, "expires", "a UTC time such as 2026-01-31T08:00:00Z");
  const lifetime = Number(expires) - Number(issued);
  need(lifetime > 0, "expires", "after it was issued");
  need(
    lifetime <= MAX_LIFETIME_DAYS * DAY_MILLISECONDS,
    "expires",
    "within 30 days of being issued",
  );
  return fields as unknown as Approval;
}

/**
 * The revocation list: a nonce (32 hexadecimal digits), a key's fingerprint (`SHA256:…`) or a plan's digest (64
 * hexadecimal digits) a line; `#` begins a comment.
 *
 * Strict, because a line that silently revokes nothing is worse than no line.
 *
 * @throws InvalidApprovalText naming the line
 */
export function parseRevocations(bytes: Uint8Array): Revocations {
  const nonces = new Set<string>();
  const fingerprints = new Set<string>();
  const plans = new Set<string>();
  const sets = { nonce: nonces, key: fingerprints, plan: plans };
  for (const [index, line] of strictText(bytes).split("\n").entries()) {
    const entry = /^([^#]*?)[ \t]*(?:#.*)?$/.exec(line)?.[1] ?? line;
    const kind = kindOfRevoked(entry);
    if (kind !== undefined) {
      sets[kind].add(entry);
    } else if (entry !== "") {
      throw new InvalidApprovalText(
        `line ${String(index + 1)} is ${quoteUntrusted(line)}, not a nonce (32 lower-case hexadecimal digits), SHA256:… or a plan's digest`,
      );
    }
  }
  return { nonces, fingerprints, plans };
}

/** What this text revokes, by how it is written; undefined where it is none of the three. */
export function kindOfRevoked(text: string): Revocation["kind"] | undefined {
  if (/^[0-9a-f]{32}$/.test(text)) {
    return "nonce";
  }
  return isSha256(text) ? "plan" : isFingerprint(text) ? "key" : undefined;
}

/** A spelling that ssh-keygen never prints would match no key: its last character carries two bits too many. */
function isFingerprint(entry: string): boolean {
  const digits = /^SHA256:([A-Za-z0-9+/]{43})$/.exec(entry)?.[1];
  return (
    digits !== undefined &&
    Buffer.from(digits, "base64").toString("base64").replace("=", "") === digits
  );
}
