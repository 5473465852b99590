import { isSha256, InvalidApprovalText, quoteUntrusted } from "../base/untrustedText";
import type { Revocation, Revocations } from "../history/revocations";
import { strictText } from "./approvalJson";

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
