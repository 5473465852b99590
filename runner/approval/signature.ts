import { createHash } from "node:crypto";
import { need, quoteUntrusted } from "../base/untrustedText";
import { strictText } from "./approvalJson";

/** The namespace of approvals: a signature made for git or for another project's file is refused. */
export const NAMESPACE = "v7-approval";

const HEAD = "-----BEGIN SSH SIGNATURE-----\n";
const FOOT = "\n-----END SSH SIGNATURE-----\n";
/** The flag by which a hardware key says that somebody touched it (PROTOCOL.u2f). */
const USER_PRESENT = 0x01;

/** What a signature says of itself; none of it is trusted before ssh-keygen has verified the signature. */
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
  need(
    text.startsWith(HEAD) && text.endsWith(FOOT) && text.length > HEAD.length + FOOT.length,
    "it is not what ssh-keygen -Y sign writes",
  );
  const base64 = lines.replaceAll("\n", "");
  const wrapped = base64.match(/.{1,70}/g)?.join("\n");
  need(wrapped === lines, "its lines are not as ssh-keygen writes them");
  const reader = new WireReader(strictBase64(base64));
  need(
    reader.take(6).toString("latin1") === "SSHSIG" && reader.uint32() === 1,
    "it is not an SSH signature of version 1",
  );
  const publicKey = reader.string();
  const type = checkPublicKey(publicKey);
  const namespace = reader.string().toString("utf8");
  need(
    namespace === NAMESPACE,
    `it was made for the namespace ${quoteUntrusted(namespace)}, not for "${NAMESPACE}"`,
  );
  need(reader.string().length === 0, "its reserved field is not empty");
  // The hash algorithm; ssh-keygen decides which hash and which signature algorithm are good enough.
  reader.string();
  checkSignature(reader.string(), type);
  reader.end();
  return {
    fingerprint: keyFingerprint(publicKey),
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
    need((flags & USER_PRESENT) !== 0, "the hardware key was not touched for it");
    reader.uint32();
  }
  reader.end();
}

/** Bytes read from their beginning, in the encoding of RFC 4251, section 5. */
class WireReader {
  private offset = 0;

  public constructor(private readonly bytes: Buffer) {}

  public take(length: number): Buffer {
    need(length <= this.bytes.length - this.offset, "it ends too early");
    this.offset += length;
    return this.bytes.subarray(this.offset - length, this.offset);
  }

  public uint32(): number {
    return this.take(4).readUInt32BE();
  }

  public string(): Buffer {
    return this.take(this.uint32());
  }

  /** Refuses further bytes: they would give one key or signature a second encoding. */
  public end(): void {
    need(this.offset === this.bytes.length, "it has bytes after its end");
  }
}

/** Decodes base64 in its canonical form: padded, no stray bits, no other characters. */
export function strictBase64(text: string): Buffer {
  const bytes = Buffer.from(text, "base64");
  need(bytes.length > 0 && bytes.toString("base64") === text, "it is not base64");
  return bytes;
}

/** The key's fingerprint as `ssh-keygen -l` prints it: `SHA256:` and 43 characters. */
export function keyFingerprint(publicKey: Uint8Array): string {
  return `SHA256:${createHash("sha256").update(publicKey).digest("base64").replace("=", "")}`;
}

/** By key type, what reads the bytes after the type's name, or throws. */
const KEY_TYPES: Record<string, (reader: WireReader) => void> = {
  "ssh-ed25519": readEd25519,
  "sk-ssh-ed25519@openssh.com": (reader) => {
    readEd25519(reader);
    reader.string();
  },
  "ecdsa-sha2-nistp256": (reader) => {
    readPoint(reader, "nistp256", 65);
  },
  "ecdsa-sha2-nistp384": (reader) => {
    readPoint(reader, "nistp384", 97);
  },
  "ecdsa-sha2-nistp521": (reader) => {
    readPoint(reader, "nistp521", 133);
  },
  "sk-ecdsa-sha2-nistp256@openssh.com": (reader) => {
    readPoint(reader, "nistp256", 65);
    reader.string();
  },
  "ssh-rsa": (reader) => {
    readInteger(reader);
    need(readInteger(reader) >= 2048, "it is an RSA key of fewer than 2048 bits");
  },
};

/**
 * Refuses a public key that is not in its canonical encoding, or whose type is not accepted (DSA, short RSA,
 * certificates): one key must have one fingerprint, or one person could count as two.
 *
 * @returns the key's type
 */
export function checkPublicKey(publicKey: Buffer): string {
  const reader = new WireReader(publicKey);
  const type = reader.string().toString("latin1");
  const readRest = Object.hasOwn(KEY_TYPES, type) ? KEY_TYPES[type] : undefined;
  need(readRest !== undefined, `keys of type ${quoteUntrusted(type)} are not accepted`);
  readRest(reader);
  reader.end();
  return type;
}

function readEd25519(reader: WireReader): void {
  need(reader.string().length === 32, "it is not an Ed25519 key");
}

function readPoint(reader: WireReader, curve: string, length: number): void {
  const name = reader.string().toString("latin1");
  const point = reader.string();
  // 4: uncompressed. The compressed form would be a second encoding of the same key.
  need(
    name === curve && point.length === length && point[0] === 4,
    `it is not an uncompressed point of ${curve}`,
  );
}

/** Reads a positive integer in its shortest form and gives its bits. */
function readInteger(reader: WireReader): number {
  const bytes = reader.string();
  const [first = 0, second = 0] = bytes;
  need(
    bytes.length > 0 && first <= 127 && (first !== 0 || second >= 128),
    "it has an integer that is not in its shortest form",
  );
  return bytes.length * 8 - Math.clz32(first) + 24;
}
