import { InvalidApprovalText, quoteUntrusted } from "../base/untrustedText";
import { NAMESPACE } from "./allowedSigners";
import { strictText } from "./approvalJson";
import { checkPublicKey, fingerprintOf, strictBase64, WireReader } from "./signature";

const HEAD = "-----BEGIN SSH SIGNATURE-----\n";
const FOOT = "\n-----END SSH SIGNATURE-----\n";
/** The flag by which a hardware key says that somebody touched it (PROTOCOL.u2f). */
const USER_PRESENT = 0x01;

/** What a signature says of itself; nothing of it is believed before ssh-keygen has verified it. */
export interface SignatureClaims {
  /** Of the key that is said to have signed: `SHA256:…`. */
  readonly fingerprint: string;
  /** That key: `ssh-ed25519 AAAA…`. */
  readonly publicKey: string;
}

/**
 * Reads a signature in ssh-keygen's armour (PROTOCOL.sshsig), in the one spelling that ssh-keygen writes: any other
 * byte anywhere is refused, although ssh-keygen itself would overlook some.
 *
 * @throws InvalidApprovalText with the reason: not such a signature, made for another namespace, by a hardware key untouched
 */
export function readSignature(armored: Uint8Array): SignatureClaims {
  const text = strictText(armored);
  const lines = text.slice(HEAD.length, -FOOT.length);
  if (!text.startsWith(HEAD) || !text.endsWith(FOOT) || text.length <= HEAD.length + FOOT.length) {
    throw new InvalidApprovalText("it is not what ssh-keygen -Y sign writes");
  }
  const base64 = lines.replaceAll("\n", "");
  const wrapped = base64.match(/.{1,70}/g)?.join("\n");
  if (wrapped !== lines) {
    throw new InvalidApprovalText("its lines are not as ssh-keygen writes them");
  }
  const reader = new WireReader(strictBase64(base64));
  if (reader.take(6).toString("latin1") !== "SSHSIG" || reader.uint32() !== 1) {
    throw new InvalidApprovalText("it is not an SSH signature of version 1");
  }
  const publicKey = reader.string();
  const type = checkPublicKey(publicKey);
  const namespace = reader.string().toString("utf8");
  if (namespace !== NAMESPACE) {
    throw new InvalidApprovalText(
      `it was made for the namespace ${quoteUntrusted(namespace)}, not for "${NAMESPACE}"`,
    );
  }
  if (reader.string().length > 0) {
    throw new InvalidApprovalText("its reserved field is not empty");
  }
  // Which hash and which signature algorithm are good enough is ssh-keygen's to say.
  reader.string();
  checkSignature(reader.string(), type);
  reader.end();
  return {
    fingerprint: fingerprintOf(publicKey),
    publicKey: `${type} ${publicKey.toString("base64")}`,
  };
}

function checkSignature(signature: Buffer, keyType: string): void {
  const reader = new WireReader(signature);
  reader.string();
  reader.string();
  if (keyType.startsWith("sk-")) {
    // ssh-keygen accepts a hardware key that signed by itself; an approval is a person's act.
    const [flags = 0] = reader.take(1);
    if ((flags & USER_PRESENT) === 0) {
      throw new InvalidApprovalText("the hardware key was not touched for it");
    }
    reader.uint32();
  }
  reader.end();
}
