import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { trustKeys } from "../../../cli/trust";
import { parseAllowedSigners } from "../../../runner/approval/allowedSigners";
import { faultOf, makeFolder, makeKey, removeFolders, signerLine } from "./support";

const alice = makeKey();
const other = makeKey(["ecdsa", "-b", "256"]);
let out: string;
let keys: string;
beforeEach(() => {
  out = join(makeFolder(), "allowed_signers");
  keys = join(makeFolder(), "alice.keys");
  writeFileSync(keys, `${alice.publicKey}\n${other.publicKey}\n`);
});
afterAll(removeFolders);

const trust = (name = "alice"): string => trustKeys(keys, { name, out });

describe("a person's public keys", () => {
  it("become lines of the allowed signers for approvals only, and their fingerprints are shown", () => {
    const said = trust();
    expect(readFileSync(out, "utf8")).toBe(
      `alice namespaces="v7-approval" ${alice.publicKey}\nalice namespaces="v7-approval" ${other.publicKey}\n`,
    );
    expect(said).toContain(`${alice.fingerprint}  alice, ssh-ed25519\n`);
    expect(said).toContain(`${other.fingerprint}  alice, ecdsa-sha2-nistp256\n`);
    const signers = parseAllowedSigners(readFileSync(out, "utf8"));
    expect(signers.map(({ fingerprint }) => fingerprint)).toEqual([
      alice.fingerprint,
      other.fingerprint,
    ]);
  });

  it("are read from a .pub file too, and each is appended to the file once", () => {
    const before = `# Who may approve\n${signerLine("bob", makeKey())}`;
    writeFileSync(out, before);
    writeFileSync(keys, `${alice.publicKey} alice@laptop\r\n`);
    trust();
    const after = `${before}alice namespaces="v7-approval" ${alice.publicKey}\n`;
    expect(readFileSync(out, "utf8")).toBe(after);
    expect(trust()).toContain("ssh-ed25519, there already\nnothing to add");
    expect(readFileSync(out, "utf8")).toBe(after);
  });

  it("are refused, and nothing is written, if one belongs to somebody else", () => {
    const before = signerLine("bob", other);
    writeFileSync(out, before);
    expect(faultOf(() => trust()).message).toMatch(/^SIGNERS_INVALID: .* already belongs to "bob"/);
    expect(readFileSync(out, "utf8")).toBe(before);
  });

  it("are refused with an invalid name, and if the file holds no key", () => {
    expect(faultOf(() => trust("a*")).code).toBe("SIGNERS_INVALID");
    writeFileSync(keys, "\n");
    expect(faultOf(() => trust()).code).toBe("SIGNERS_INVALID");
  });

  it.each([
    ["a line of the allowed signers", () => signerLine("mallory", alice)],
    ["a line of an authorized_keys file", () => `no-pty ${alice.publicKey}\n`],
    ["a key that is cut off", () => `${alice.publicKey.slice(0, -8)}\n`],
    ["a page of the web", () => "<!doctype html>\n"],
  ])("cannot be given as %s", (_, content) => {
    writeFileSync(keys, content());
    expect(faultOf(() => trust()).code).toBe("SIGNERS_INVALID");
  });

  it("cannot be given as a private key, of which nothing is shown", () => {
    const [, secret = ""] = readFileSync(alice.file, "utf8").split("\n");
    writeFileSync(keys, `${secret}\n`);
    const { code, message } = faultOf(() => trust());
    expect(code).toBe("SIGNERS_INVALID");
    expect(message).not.toContain(secret.slice(0, 20));
  });
});
