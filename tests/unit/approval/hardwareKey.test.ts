import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { approvalBytes } from "../../../runner/approval/record";
import { firstVerdict, judge, makeApproval, wire } from "./support";

const NAMESPACE = "v7-approval";
const TYPE = "sk-ssh-ed25519@openssh.com";
const APPLICATION = "ssh:";

const sha = (algorithm: string, bytes: Uint8Array | string): Buffer =>
  createHash(algorithm).update(bytes).digest();

/** Signs like a FIDO key (PROTOCOL.u2f, PROTOCOL.sshsig): over the application, flags, counter and message. */
function signAsHardware(
  privateKey: KeyObject,
  publicKey: Buffer,
  message: Buffer,
  flags: number,
): Buffer {
  const magic = Buffer.from("SSHSIG");
  const toSign = Buffer.concat([magic, wire(NAMESPACE, "", "sha512", sha("sha512", message))]);
  const details = Buffer.from([flags, 0, 0, 0, 7]);
  const signed = Buffer.concat([sha("sha256", APPLICATION), details, sha("sha256", toSign)]);
  const signature = Buffer.concat([wire(TYPE, sign(null, signed, privateKey)), details]);
  const version = Buffer.from([0, 0, 0, 1]);
  const whole = Buffer.concat([
    magic,
    version,
    wire(publicKey, NAMESPACE, "", "sha512", signature),
  ]);
  const lines = whole.toString("base64").match(/.{1,70}/g) ?? [];
  const armour = ["-----BEGIN SSH SIGNATURE-----", ...lines, "-----END SSH SIGNATURE-----", ""];
  return Buffer.from(armour.join("\n"));
}

describe("the signature of a hardware key", () => {
  const pair = generateKeyPairSync("ed25519");
  const raw = pair.publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const publicKey = wire(TYPE, raw, APPLICATION);
  const signers = `alice namespaces="${NAMESPACE}" ${TYPE} ${publicKey.toString("base64")}\n`;
  const json = approvalBytes(makeApproval());
  const verdictOf = async (flags: number) => {
    const signature = signAsHardware(pair.privateKey, publicKey, json, flags);
    return firstVerdict(await judge([{ name: "one", json, signature }], signers));
  };

  it("counts if the key was touched", async () => {
    expect((await verdictOf(0x01)).verdict).toBe("valid");
    expect((await verdictOf(0x05)).verdict).toBe("valid");
  });

  it("is refused if the key was not touched", async () => {
    expect(await verdictOf(0x00)).toMatchObject({
      verdict: "badSignature",
      reason: "the signature: the hardware key was not touched for it",
    });
  });
});
