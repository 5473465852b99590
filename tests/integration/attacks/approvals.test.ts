import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { approvalBytes } from "../../../runner/approval/record";
import { serverOfFile } from "../../support/postgres";
import {
  appliedScene,
  approve,
  by,
  expectRefused as expectRefusedIn,
  makeScene,
  rollbackPlan,
  writeSigners,
  type Scene,
  type SignOptions,
} from "../../support/scene";
import { makeKey, removeFolders, sign, signerLine } from "../../unit/approval/support";

const theServer = serverOfFile({ major: 17 }, removeFolders);

const approvals = (scene: Scene): string => join(scene.folder, "sql", "ad_005", "approvals");
const HOUR_MILLISECONDS = 3_600_000;

const expectRefused = (
  scene: Scene,
  code: string,
  run = (): Promise<unknown> => applyDirective(scene.request),
): Promise<void> => expectRefusedIn(scene.database, code, run);

describe("an installation on a protected database is refused", () => {
  it("without an approval", async () => {
    await expectRefused(await makeScene(theServer()), "APPROVAL_REQUIRED");
  });

  it("with requireApproval false", async () => {
    const scene = await makeScene(theServer());
    await approve(scene);
    const authorize = by({ ...scene.rules, requireApproval: false });
    await expectRefused({ ...scene, request: { ...scene.request, authorize } }, "SETTING_INVALID");
  });

  it.each<[string, string, SignOptions]>([
    ["of another action", "APPROVAL_WRONG_ACTION", { changes: { action: "rollback" } }],
    ["of another plan", "APPROVAL_WRONG_PLAN", { changes: { plan: "ab".repeat(32) } }],
    [
      "that has expired",
      "APPROVAL_EXPIRED",
      { issued: new Date(Date.now() - 2 * HOUR_MILLISECONDS) },
    ],
    [
      "that is not valid yet",
      "APPROVAL_NOT_YET_VALID",
      { issued: new Date(Date.now() + HOUR_MILLISECONDS) },
    ],
    ["signed in the namespace of git", "APPROVAL_INVALID", { namespace: "git" }],
    ["by a name that nobody trusts", "APPROVAL_UNTRUSTED", { approver: "mallory" }],
    ["that is a rejection", "APPROVAL_REJECTED", { changes: { decision: "rejected" } }],
  ])("with an approval %s", async (_, code, options) => {
    const scene = await makeScene(theServer());
    await approve(scene, options);
    await expectRefused(scene, code);
  });

  it("with The Architect's name and another person's key", async () => {
    const scene = await makeScene(theServer());
    await approve(scene, { key: makeKey() });
    await expectRefused(scene, "APPROVAL_UNTRUSTED");
  });

  it("with the right key under another trusted person's name", async () => {
    const scene = await makeScene(theServer(), {
      signers: (key) => signerLine("architect", key) + signerLine("auditor", makeKey()),
    });
    await approve(scene, { approver: "auditor" });
    await expectRefused(scene, "APPROVAL_UNTRUSTED");
  });

  it("when one byte of the approval is changed or added after signing", async () => {
    const scene = await makeScene(theServer());
    const approval = await approve(scene, { changes: { notes: "Reviewed" } });
    for (const [code, bytes] of [
      ["APPROVAL_INVALID", approvalBytes({ ...approval, notes: "reviewed" })],
      ["APPROVAL_FILE_INVALID", `${approvalBytes(approval).toString()}\n`],
    ] as const) {
      writeFileSync(join(approvals(scene), "one.json"), bytes);
      await expectRefused(scene, code);
    }
  });

  it("with another approval's signature", async () => {
    const scene = await makeScene(theServer());
    await approve(scene);
    writeFileSync(
      join(approvals(scene), "one.json.sig"),
      sign(Buffer.from("something else"), scene.key),
    );
    await expectRefused(scene, "APPROVAL_INVALID");
  });

  it("with an approval whose nonce or key is revoked, or with an invalid list of revocations", async () => {
    const scene = await makeScene(theServer());
    const { nonce } = await approve(scene);
    for (const entry of [nonce, scene.key.fingerprint]) {
      writeFileSync(join(approvals(scene), "revoked"), `${entry} # lost\n`);
      await expectRefused(scene, "APPROVAL_REVOKED");
    }
    writeFileSync(join(approvals(scene), "revoked"), "the nonce of Tuesday\n");
    await expectRefused(scene, "APPROVAL_FILE_INVALID");
  });

  it("with an approval of another stack or another target", async () => {
    const scene = await makeScene(theServer());
    await approve(scene);
    const staging = { ...scene, request: { ...scene.request, stack: "staging" } };
    await expectRefused(staging, "APPROVAL_WRONG_PLAN");
    const other = await makeScene(theServer());
    for (const suffix of ["json", "json.sig"]) {
      copyFileSync(
        join(approvals(scene), `one.${suffix}`),
        join(approvals(other), `one.${suffix}`),
      );
    }
    writeSigners(other.folder, signerLine("architect", scene.key));
    await expectRefused(other, "APPROVAL_WRONG_PLAN");
    // Another host name of the same server is another target.
    const connection = { ...scene.request.connection, host: "localhost" };
    await expectRefused(
      { ...scene, request: { ...scene.request, connection } },
      "APPROVAL_WRONG_PLAN",
    );
  });

  it("with two approvals of one signer when two signers must approve", async () => {
    const scene = await makeScene(theServer(), { rules: { requiredApprovals: 2 } });
    await approve(scene);
    await approve(scene, { name: "two" });
    await expectRefused(scene, "APPROVAL_REQUIRED");
  });
});

describe("on a database that has an approved run", () => {
  const rollback = (scene: Scene) => (): Promise<unknown> => rollbackDirective(scene.request);

  it("a signer who adds himself to the repository's file is refused", async () => {
    const scene = await appliedScene(theServer());
    const mallory = makeKey();
    writeSigners(scene.folder, signerLine("mallory", mallory) + signerLine("architect", scene.key));
    await approve(scene, { name: "two", key: mallory, approver: "mallory", plan: rollbackPlan });
    await expectRefused(scene, "APPROVAL_UNTRUSTED", rollback(scene));
    writeSigners(scene.folder, signerLine("architect", mallory));
    await approve(scene, { name: "two", key: mallory, plan: rollbackPlan });
    await expectRefused(scene, "APPROVAL_UNTRUSTED", rollback(scene));
  });

  it("a used nonce is refused for a new plan", async () => {
    const scene = await makeScene(theServer());
    const { nonce } = await approve(scene);
    await applyDirective(scene.request);
    await approve(scene, { name: "two", plan: rollbackPlan, changes: { nonce } });
    await expectRefused(scene, "APPROVAL_USED", rollback(scene));
  });

  it("an approval of apply allows no rollback", async () => {
    const scene = await appliedScene(theServer());
    await expectRefused(scene, "APPROVAL_WRONG_PLAN", rollback(scene));
    const bytes = readFileSync(join(approvals(scene), "one.json"));
    expect(bytes.toString()).toContain('"action":"apply"');
    await approve(scene, { name: "two", plan: rollbackPlan, changes: { action: "apply" } });
    await expectRefused(scene, "APPROVAL_WRONG_ACTION", rollback(scene));
  });

  it("a change of the logins needs a separate approval", async () => {
    const scene = await appliedScene(theServer());
    const members = { v7_architect: ["mallory"] };
    await expectRefused(
      { ...scene, request: { ...scene.request, members } },
      "APPROVAL_WRONG_PLAN",
    );
  });
});
