import { randomBytes } from "node:crypto";
import { canonicalJson } from "../base/canonicalJson";
import {
  formatTime,
  isPlainText,
  isSha256,
  isSignerName,
  need,
  parseTime,
  quoteUntrusted,
} from "../base/untrustedText";
import { revocationsOf, type Revocation, type Revocations } from "../history/revocations";
import type { Approval, PlanAction } from "../model";
import { exactFields, parseCanonicalJson, strictText } from "./approvalJson";

/** After this time too much may have changed since the plan was reviewed. */
export const MAX_LIFETIME_DAYS = 30;
/** How far a signer's clock may be ahead of the database's. */
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

/** Whether it is an action that a plan can have. */
export function isPlanAction(value: unknown): value is PlanAction {
  return typeof value === "string" && Object.hasOwn(ACTIONS, value);
}

/** A new approval, with a random nonce. */
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
  // Nobody is asked to sign what would be refused later.
  return parseApproval(approvalBytes(approval));
}

/** The exact bytes that are signed. */
export function approvalBytes(approval: Approval): Buffer {
  return Buffer.from(canonicalJson(approval), "utf8");
}

/**
 * The name of its file without `.json`: the first 16 digits of the plan, and the approver. A rejection's name begins with
 * `rejected-`, so that an approval and a rejection never overwrite each other.
 */
export function approvalName(approval: Pick<Approval, "plan" | "approver" | "decision">): string {
  const name = `${approval.plan.slice(0, 16)}-${approval.approver}`;
  return approval.decision === "rejected" ? `rejected-${name}` : name;
}

/**
 * Parses an approval and checks every field.
 *
 * @throws InvalidApprovalText with the first reason
 */
export function parseApproval(bytes: Uint8Array): Approval {
  const fields = exactFields(parseCanonicalJson(bytes), "the approval", FIELDS);
  const expectField = (holds: boolean, field: keyof Approval, expected: string): void => {
    const found = fields[field];
    const text = typeof found === "string" ? quoteUntrusted(found) : `a ${typeof found}`;
    need(holds, `"${field}" is ${text}, not ${expected}`);
  };
  expectField(fields.kind === "v7-approval", "kind", '"v7-approval"');
  expectField(fields.version === 1, "version", "the number 1");
  expectField(isSha256(fields.plan), "plan", "64 hexadecimal digits");
  expectField(isPlanAction(fields.action), "action", `one of ${Object.keys(ACTIONS).join(", ")}`);
  expectField(
    fields.decision === "approved" || fields.decision === "rejected",
    "decision",
    "approved or rejected",
  );
  expectField(isSignerName(fields.approver), "approver", "a signer's name");
  expectField(
    isPlainText(fields.notes, MAX_NOTES_CHARACTERS),
    "notes",
    "one line of at most 1000 characters",
  );
  expectField(
    typeof fields.nonce === "string" && /^[0-9a-f]{32}$/.test(fields.nonce),
    "nonce",
    "32 hexadecimal digits",
  );
  const issued = parseTime(fields.issued);
  const expires = parseTime(fields.expires);
  expectField(issued !== undefined, "issued", "a UTC time such as 2026-01-31T08:00:00Z");
  expectField(expires !== undefined, "expires", "a UTC time such as 2026-01-31T08:00:00Z");
  const lifetime = Number(expires) - Number(issued);
  expectField(lifetime > 0, "expires", "after it was issued");
  expectField(
    lifetime <= MAX_LIFETIME_DAYS * DAY_MILLISECONDS,
    "expires",
    "within 30 days of being issued",
  );
  return fields as unknown as Approval;
}

/**
 * Parses a revocation list: on each line a nonce (32 hexadecimal digits), a key's fingerprint (`SHA256:…`) or a plan's
 * digest (64 hexadecimal digits); `#` begins a comment. Any other line is refused, since it would silently revoke nothing.
 *
 * @throws InvalidApprovalText naming the line
 */
export function parseRevocations(bytes: Uint8Array): Revocations {
  const revoked: Revocation[] = [];
  for (const [index, line] of strictText(bytes).split("\n").entries()) {
    const entry = /^([^#]*?)[ \t]*(?:#.*)?$/.exec(line)?.[1] ?? line;
    const kind = kindOfRevoked(entry);
    need(
      kind !== undefined || entry === "",
      `line ${index + 1} is ${quoteUntrusted(line)}, not a nonce (32 lower-case hexadecimal digits), SHA256:… or a plan's digest`,
    );
    if (kind !== undefined) {
      revoked.push({ kind, value: entry });
    }
  }
  return revocationsOf(revoked);
}

/** What kind of thing this text revokes, by its form; undefined for any other form. */
export function kindOfRevoked(text: string): Revocation["kind"] | undefined {
  if (/^[0-9a-f]{32}$/.test(text)) {
    return "nonce";
  }
  return isSha256(text) ? "plan" : isFingerprint(text) ? "key" : undefined;
}

/** Whether it is a fingerprint as ssh-keygen prints it; another base64 spelling of the same bytes would match no key. */
function isFingerprint(entry: string): boolean {
  const digits = /^SHA256:([A-Za-z0-9+/]{43})$/.exec(entry)?.[1];
  return (
    digits !== undefined &&
    Buffer.from(digits, "base64").toString("base64").replace("=", "") === digits
  );
}
