import { InvalidApprovalText } from "../base/untrustedText";
import { strictText } from "./approvalJson";

const BEGIN = "-----BEGIN SSH SIGNATURE-----";
const END = "-----END SSH SIGNATURE-----";

/**
 * The two files in a text that somebody has copied: an approval's JSON, then its signature.
 *
 * A terminal and a mail add line ends, and words before and after; these go. What is left is judged as the files are:
 * one byte of it more or less, and the signature does not hold.
 *
 * @throws InvalidApprovalText where the text does not hold one of each
 */
export function readPastedApproval(bytes: Uint8Array): {
  readonly json: Buffer;
  readonly signature: Buffer;
} {
  const lines = strictText(bytes)
    .split(/\r?\n/)
    .map((line) => line.trimEnd());
  const [before = "", after = "", ...others] = lines.join("\n").split(`${BEGIN}\n`);
  const [base64 = "", end] = after.split(`\n${END}`);
  if (end === undefined || others.length > 0) {
    throw new InvalidApprovalText("a text that does not hold one SSH signature");
  }
  // Canonical JSON is one line, and begins with this key: what is over several lines was broken on its way. It may be there
  // twice: each of the two pastes that sign shows it.
  const text = before.replaceAll("\n", "");
  const json = text.slice(text.lastIndexOf('{"action":'), text.lastIndexOf("}") + 1);
  if (!json.startsWith("{")) {
    throw new InvalidApprovalText("a text without an approval before its signature");
  }
  return {
    json: Buffer.from(json),
    signature: Buffer.from(`${BEGIN}\n${base64}\n${END}\n`),
  };
}
