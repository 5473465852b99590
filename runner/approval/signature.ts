import { createHash } from "node:crypto";
import { InvalidApprovalText, quoteUntrusted } from "../base/untrustedText";
import { strictText } from "./approvalJson";

/** The namespace of our signatures: a signature made for git or for a file of another project is none of ours. */
export const NAMESPACE = "v7-approval";

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
    if ((flags & USER_PRESENT) === 0) {
      throw new InvalidApprovalText("the hardware key was not touched for it");
    }
    reader.uint32();
  }
  reader.end();
}

/** Bytes read from their beginning, in the encoding of RFC 4251, section 5. */
class WireReader {
  private offset = 0;

  public constructor(private readonly bytes: Buffer) {}

  public take(length: number): Buffer {
    if (length > this.bytes.length - this.offset) {
      throw new InvalidApprovalText("it ends too early");
    }
    this.offset += length;
    return this.bytes.subarray(this.offset - length, this.offset);
  }

  public uint32(): number {
    return this.take(4).readUInt32BE();
  }

  public string(): Buffer {
    return this.take(this.uint32());
  }

  /** Refuses bytes that nobody reads: they would make two spellings of one thing. */
  public end(): void {
    if (this.offset !== this.bytes.length) {
      throw new InvalidApprovalText("it has bytes after its end");
    }
  }
}

/** Base64 in its one spelling: padded, no stray bits, nothing between. */
export function strictBase64(text: string): Buffer {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length === 0 || bytes.toString("base64") !== text) {
    throw new InvalidApprovalText("it is not base64");
  }
  return bytes;
}

/** The key's fingerprint as `ssh-keygen -l` prints it: `SHA256:` and 43 characters. */
export function keyFingerprint(publicKey: Uint8Array): string {
  return `SHA256:${createHash("sha256").update(publicKey).digest("base64").replace("=", "")}`;
}

/** The bytes that follow a key type's name; each reads to the end or throws. */
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
    if (readInteger(reader) < 2048) {
      throw new InvalidApprovalText("it is an RSA key of fewer than 2048 bits");
    }
  },
};

/**
 * Refuses a public key that is not in its one encoding, or of a type that we do not trust (DSA, short RSA,
 * certificates): one key must have one fingerprint, or a person could count as two.
 *
 * @returns the key's type
 */
export function checkPublicKey(publicKey: Buffer): string {
  const reader = new WireReader(publicKey);
  const type = reader.string().toString("latin1");
  const readRest = Object.hasOwn(KEY_TYPES, type) ? KEY_TYPES[type] : undefined;
  if (readRest === undefined) {
    throw new InvalidApprovalText(`keys of type ${quoteUntrusted(type)} are not accepted`);
  }
  readRest(reader);
  reader.end();
  return type;
}

function readEd25519(reader: WireReader): void {
  if (reader.string().length !== 32) {
    throw new InvalidApprovalText("it is not an Ed25519 key");
  }
}

function readPoint(reader: WireReader, curve: string, length: number): void {
  const name = reader.string().toString("latin1");
  const point = reader.string();
  // 4: uncompressed. The compressed form would be a second spelling of the same key.
  if (name !== curve || point.length !== length || point[0] !== 4) {
    throw new InvalidApprovalText(`it is not an uncompressed point of ${curve}`);
  }
}

/** Reads a positive integer in its shortest form and gives its bits. */
function readInteger(reader: WireReader): number {
  const bytes = reader.string();
  const [first = 0, second = 0] = bytes;
  if (bytes.length === 0 || first > 127 || (first === 0 && second < 128)) {
    throw new InvalidApprovalText("it has an integer that is not in its shortest form");
  }
  return bytes.length * 8 - Math.clz32(first) + 24;
}
