import { fault } from "../base/fault";
import { parseAllowedSigners, type AllowedSigner } from "./allowedSigners";
import { NAMESPACE } from "./signature";

/**
 * The signer that a file of bare public keys makes, a key a line, as `github.com/<user>.keys` and `.pub` files are: such a
 * file says nobody's name, so the name is given.
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

/** The line of the allowed signers that trusts this key, for approvals alone. */
export function allowedSignersLine({ principal, publicKey }: AllowedSigner): string {
  return `${principal} namespaces="${NAMESPACE}" ${publicKey}`;
}

/** What stands before a bare key, options of an authorized_keys file too, would say something: it is refused. */
function lineOf(line: string, number: number, principal: string): string {
  const [, publicKey] = /^([a-z0-9@.-]+ [A-Za-z0-9+/=]+)(?: .*)?$/.exec(line) ?? [];
  if (publicKey === undefined) {
    throw fault("SIGNERS_INVALID", {
      what: "reading public keys",
      // Its text is not shown: it may be a private key's.
      found: `line ${String(number)} of another form`,
      expected: "a bare public key a line, such as: ssh-ed25519 AAAA…",
      remedy: "Name the file of github.com/<user>.keys or a .pub file; never a private key",
    });
  }
  return allowedSignersLine({ principal, publicKey, fingerprint: "" });
}
