import { Malformed, shown } from "../base/untrustedText";
import { strictText } from "./approvalJson";

/** What no longer holds, whatever its signature says. */
export interface Revocations {
  readonly nonces: ReadonlySet<string>;
  /** Of keys: `SHA256:…`. */
  readonly fingerprints: ReadonlySet<string>;
}

/** Nothing is revoked. */
export const NO_REVOCATIONS: Revocations = { nonces: new Set(), fingerprints: new Set() };

/**
 * The revocation list: a nonce (32 hexadecimal digits) or a key's fingerprint (`SHA256:…`) a line; `#` begins a comment.
 *
 * Strict, because a line that silently revokes nothing is worse than no line.
 *
 * @throws Malformed naming the line
 */
export function parseRevocations(bytes: Uint8Array): Revocations {
  const nonces = new Set<string>();
  const fingerprints = new Set<string>();
  for (const [index, line] of strictText(bytes).split("\n").entries()) {
    const entry = /^([^#]*?)[ \t]*(?:#.*)?$/.exec(line)?.[1] ?? line;
    if (/^[0-9a-f]{32}$/.test(entry)) {
      nonces.add(entry);
    } else if (isFingerprint(entry)) {
      fingerprints.add(entry);
    } else if (entry !== "") {
      throw new Malformed(
        `line ${String(index + 1)} is ${shown(line)}, not a nonce (32 lower-case hexadecimal digits) or SHA256:…`,
      );
    }
  }
  return { nonces, fingerprints };
}

/** A spelling that ssh-keygen never prints would match no key: its last character carries two bits too many. */
function isFingerprint(entry: string): boolean {
  const digits = /^SHA256:([A-Za-z0-9+/]{43})$/.exec(entry)?.[1];
  return (
    digits !== undefined &&
    Buffer.from(digits, "base64").toString("base64").replace("=", "") === digits
  );
}
