import { fault } from "../base/fault";
import { parseAllowedSigners, type AllowedSigner } from "./allowedSigners";
import { NAMESPACE } from "./signature";

/**
 * The allowed signers from a file of bare public keys, one a line, such as `github.com/<user>.keys` or a `.pub` file. Such
 * a file has no name, so the caller gives it.
 *
 * @throws SIGNERS_INVALID naming the line
 */
export function signersFromKeys(content: string, principal: string): readonly AllowedSigner[] {
  return parseAllowedSigners(
    content
      .split(/\r?\n/)
      .map((line, index) => (line === "" ? "" : lineOf(line, index + 1, principal)))
      .join("\n"),
  );
}

/** The line of an allowed signers file that trusts this key, for approvals only. */
export function allowedSignersLine({ principal, publicKey }: AllowedSigner): string {
  return `${principal} namespaces="${NAMESPACE}" ${publicKey}`;
}

/** Refuses any text before the key, such as the options of an authorized_keys file. */
function lineOf(line: string, number: number, principal: string): string {
  const [, publicKey] = /^([a-z0-9@.-]+ [A-Za-z0-9+/=]+)(?: .*)?$/.exec(line) ?? [];
  if (publicKey === undefined) {
    throw fault("SIGNERS_INVALID", {
      what: "reading public keys",
      // The line's text is not shown: it may be part of a private key.
      found: `line ${number} of another form`,
      expected: "a bare public key a line, such as: ssh-ed25519 AAAA…",
      remedy: "Name the file of github.com/<user>.keys or a .pub file; never a private key",
    });
  }
  return allowedSignersLine({ principal, publicKey, fingerprint: "" });
}
