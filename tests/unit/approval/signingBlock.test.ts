import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { addApproval } from "../../../cli/approvals/add";
import { nothingKnown } from "../../../cli/approvals/judge";
import { parseApproval } from "../../../runner/approval/record";
import { signingBlock } from "../../../runner/approval/signingBlock";
import { canonicalJson } from "../../../runner/base/canonicalJson";
import type { Approval } from "../../../runner/model";
import { planDigest } from "../../../runner/plan/plan";
import { machineWithOpenSshOnly } from "../../support/openSshOnly";
import { textOf } from "../../support/repository";
import { makeApproval, makeKey, makePlace, PLAN, removeFolders, sign } from "./support";

const DIGEST = planDigest(PLAN);

const key = makeKey();
const shell = machineWithOpenSshOnly();
let folder: string;
let plan: string;
beforeEach(() => {
  ({ folder, plan } = makePlace(key));
});
afterAll(removeFolders);

/** The output of the two pastes, in a shell in which the signer has typed these words. */
function paste(typed: string, decision: Approval["decision"] = "approved"): string {
  const { make, sign: last } = signingBlock({ plan: DIGEST, action: "apply", decision });
  return shell(typed, make, last);
}

const typed = (more = ""): string => `name=alice key=${key.file} ${more}`;
const add = (text: string, now = new Date(), more: object = {}): Promise<string> =>
  addApproval(Buffer.from(text), { folder, plan }, { ...nothingKnown(now), ...more });
const written = (): string[] => readdirSync(folder).filter((name) => name.includes(".json"));

describe("the two pastes of a packet", () => {
  it("sign an approval that counts, with only OpenSSH and the coreutils", async () => {
    const said = await add(paste(typed("notes='reviewed, ünd more'")));
    expect(said).toContain(`valid: approved by alice with ${key.fingerprint} until `);
    const name = `${DIGEST.slice(0, 16)}-alice.json`;
    expect(written().sort()).toEqual([name, `${name}.sig`]);
    const approval = parseApproval(readFileSync(join(folder, name)));
    expect(approval).toMatchObject({ action: "apply", notes: "reviewed, ünd more", plan: DIGEST });
    expect(Date.parse(approval.expires) - Date.parse(approval.issued)).toBe(86_400_000);
  });

  it("show exactly the bytes that they then sign", () => {
    const lines = paste(typed()).split("\n");
    expect(lines[0]).toBe(lines[1]);
    expect(lines[2]).toBe("-----BEGIN SSH SIGNATURE-----");
  });

  it("sign a rejection into its own file, and name the command that revokes the plan for good", async () => {
    const said = await add(paste(typed("notes=no"), "rejected"));
    expect(said).toContain("rejected: alice rejects the plan until ");
    expect(said).toContain(`npx v7 revoke --stack prod --plan ${DIGEST}`);
    expect(written()).toContain(`rejected-${DIGEST.slice(0, 16)}-alice.json`);
  });

  it("use the number of days that the signer gives, and a new nonce each time", () => {
    const one = (days: string): Approval =>
      parseApproval(Buffer.from(paste(typed(days)).split("\n")[0] ?? ""));
    const [first, second] = [one("days=30"), one("days=30")];
    expect(Date.parse(first.expires) - Date.parse(first.issued)).toBe(30 * 86_400_000);
    expect(first.nonce).not.toBe(second.nonce);
  });

  it("are those of docs/for-the-architect.md, except for the plan and the action", () => {
    const { make, sign: last } = signingBlock({
      plan: "PLAN",
      action: "ACTION" as "apply",
      decision: "approved",
    });
    for (const part of [make, last]) {
      expect(textOf("docs/for-the-architect.md")).toContain(`\`\`\`text\n${part}\n\`\`\`\n`);
    }
  });

  it("sign nothing without the signer's name and key", () => {
    expect(() => paste(`key=${key.file}`)).toThrow(/name/);
    expect(() => paste("name=alice")).toThrow(/key/);
  });
});

describe("v7 approvals add", () => {
  it("reads the text from a terminal, a mail or Windows, and writes the signed bytes", async () => {
    const text = paste(typed());
    const [shown = "", , ...signature] = text.split("\n");
    const broken = `Dear Bob,\r\n$ sh\r\n${shown.slice(0, 80)}\r\n${shown.slice(80)}\r\nSigning data on standard input\r\n${signature.join("  \r\n")}\r\nBest, Alice`;
    await add(text);
    const before = written().map((name) => readFileSync(join(folder, name), "utf8"));
    await add(broken);
    expect(written().map((name) => readFileSync(join(folder, name), "utf8"))).toEqual(before);
  });

  it("takes the two files of a signer, one after the other", async () => {
    const json = Buffer.from(canonicalJson(approvalNow()));
    expect(await add(`${json.toString()}${sign(json, key).toString()}`)).toContain("valid: ");
  });

  it.each([
    [
      "APPROVAL_INVALID",
      "tampered",
      (text: string) => text.replaceAll('"notes":""', '"notes":"x"'),
    ],
    [
      "APPROVAL_FILE_INVALID",
      "without its signature",
      (text: string) => text.split("-----")[0] ?? "",
    ],
    ["APPROVAL_FILE_INVALID", "of two signatures", (text: string) => text + text],
    [
      "APPROVAL_FILE_INVALID",
      "of a signature alone",
      (text: string) => text.slice(text.indexOf("---")),
    ],
    ["APPROVAL_FILE_INVALID", "of more than 30 days", () => paste(typed("days=31"))],
    ["APPROVAL_FILE_INVALID", "of notes that break the JSON", () => paste(typed(`notes='a" b'`))],
    ["APPROVAL_UNTRUSTED", "by a stranger", () => paste(`name=mallory key=${key.file}`)],
    ["APPROVAL_UNTRUSTED", "by a stranger's key", () => paste(`name=alice key=${makeKey().file}`)],
    ["APPROVAL_WRONG_PLAN", "of another plan", () => text({ plan: "a".repeat(64) })],
    ["APPROVAL_WRONG_ACTION", "of another action", () => text({ action: "rollback" })],
  ])("throws %s for a text %s, and writes nothing", async (code, _, change) => {
    const given = change(paste(typed()));
    await expect(add(given)).rejects.toThrow(
      expect.objectContaining({
        code,
        message: expect.stringMatching(/^\S+: adding an approval .*Nothing was written/) as string,
      }) as Error,
    );
    expect(written()).toEqual([]);
  });

  it("refuses an approval that has expired, was used or was revoked", async () => {
    const given = paste(typed());
    const { nonce } = parseApproval(Buffer.from(given.split("\n")[0] ?? ""));
    await expect(add(given, new Date(Date.now() + 2 * 86_400_000))).rejects.toThrow(
      /^APPROVAL_EXPIRED/,
    );
    await expect(add(given, new Date(), { usedNonces: new Set([nonce]) })).rejects.toThrow(
      /^APPROVAL_USED/,
    );
    writeFileSync(join(folder, "revoked"), `${nonce}\n`);
    await expect(add(given)).rejects.toThrow(/^APPROVAL_REVOKED/);
    expect(written()).toEqual([]);
  });
});

const approvalNow = (): Approval => ({
  ...makeApproval({ plan: DIGEST }),
  issued: `${new Date().toISOString().slice(0, 19)}Z`,
  expires: `${new Date(Date.now() + 3_600_000).toISOString().slice(0, 19)}Z`,
});

/** A text that alice has signed, with these fields changed. */
function text(changes: Partial<Approval>): string {
  const json = Buffer.from(canonicalJson({ ...approvalNow(), ...changes }));
  return `${json.toString()}\n${sign(json, key).toString()}`;
}
