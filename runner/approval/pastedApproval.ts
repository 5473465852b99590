import { need } from "../base/untrustedText";
import { strictText } from "./approvalJson";

const BEGIN = "-----BEGIN SSH SIGNATURE-----";
const END = "-----END SSH SIGNATURE-----";

/**
 * Finds an approval's JSON and its signature in a text that somebody has copied.
 *
 * Line ends, and words before and after, which terminals and mail programs add, are dropped. The rest is judged as files
 * are: with one byte changed, the signature does not verify.
 *
 * @throws InvalidApprovalText where the text does not have one approval and one signature
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
  need(end !== undefined && others.length === 0, "a text that does not hold one SSH signature");
  // Canonical JSON is one line that begins with this key; line ends in it came from copying. It may be there twice,
  // because both pastes for signing print it.
  const text = before.replaceAll("\n", "");
  const json = text.slice(text.lastIndexOf('{"action":'), text.lastIndexOf("}") + 1);
  need(json.startsWith("{"), "a text without an approval before its signature");
  return {
    json: Buffer.from(json),
    signature: Buffer.from(`${BEGIN}\n${base64}\n${END}\n`),
  };
}
