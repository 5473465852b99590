import { join } from "node:path";
import { listApprovals } from "../../../cli/approvals";
import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { changeTrust, type TrustResult } from "../../../runner/actions/trust";
import { readAllowedSigners } from "../../../runner/approval/files";
import { readApprovalFacts } from "../../../runner/approval/pinnedFacts";
import { verifyDatabase } from "../../../runner/drift/verify";
import { readHistory } from "../../../runner/history/history";
import type { PinnedTrust } from "../../../runner/history/pinnedTrust";
import { withConnection } from "../../../runner/postgres/connection";
import { serverOfFile } from "../../support/postgres";
import {
  appliedScene,
  approve,
  by,
  expectRefused,
  makeScene,
  rollbackPlan,
  trustPlan,
  type Scene,
} from "../../support/scene";
import { makeKey, removeFolders, signerLine } from "../../unit/approval/support";

const theServer = serverOfFile({ major: 17 }, removeFolders);

const change = (scene: Scene, trust: PinnedTrust): Promise<TrustResult> =>
  changeTrust({ ...scene.request, trust });

describe("a change of the trusted signers", () => {
  it("needs an approval by the old signers, and only the new signers count after it", async () => {
    const scene = await appliedScene(theServer());
    const bob = makeKey();
    const trust = { allowedSigners: signerLine("bob", bob), requiredApprovals: 1 };
    await approve(scene, { name: "trust", plan: trustPlan({ trust }) });
    const { historyHead } = await change(scene, trust);
    const history = await withConnection(scene.request.connection, readHistory);
    expect(history.at(-1)).toMatchObject({
      action: "trust",
      stepId: "trust",
      digest: historyHead,
      details: { trust, approvals: [{ approver: "architect" }] },
    });

    await approve(scene, { name: "architect", plan: rollbackPlan });
    await expect(rollbackDirective(scene.request)).rejects.toThrow(/^APPROVAL_UNTRUSTED/);
    await approve(scene, { name: "bob", plan: rollbackPlan, key: bob, approver: "bob" });
    expect((await rollbackDirective(scene.request)).undone).not.toEqual([]);
  });

  it("leaves no step pending and causes no drift", async () => {
    const scene = await appliedScene(theServer());
    const trust = { allowedSigners: signerLine("bob", makeKey()), requiredApprovals: 1 };
    await approve(scene, { name: "trust", plan: trustPlan({ trust }) });
    await change(scene, trust);
    expect((await applyDirective(scene.request)).executed).toEqual([]);
    const { differences } = await withConnection(scene.request.connection, (client) =>
      verifyDatabase(client, {
        ...scene.request,
        access: { ...scene.request.access, grants: [], roles: {} },
      }),
    );
    expect(differences).toEqual([]);
    await expect(change(scene, trust)).resolves.toEqual({});
  });

  it.each([
    ["nobody", undefined],
    ["only the new signer", "bob"],
  ])("is refused when it is approved by %s", async (_, approver) => {
    const scene = await appliedScene(theServer());
    const bob = makeKey();
    const trust = { allowedSigners: signerLine("bob", bob), requiredApprovals: 1 };
    if (approver !== undefined) {
      await approve(scene, { name: "trust", key: bob, approver, plan: trustPlan({ trust }) });
    }
    await expectRefused(scene.database, "APPROVAL_(UNTRUSTED|WRONG_PLAN)", () =>
      change(scene, trust),
    );
  });

  it("is refused when the new signers or rules differ from the signed ones", async () => {
    const scene = await appliedScene(theServer());
    const bob = makeKey();
    const trust = { allowedSigners: signerLine("bob", bob), requiredApprovals: 1 };
    await approve(scene, { name: "trust", plan: trustPlan({ trust }) });
    for (const other of [
      { ...trust, allowedSigners: signerLine("bot", bob) },
      { ...trust, allowedSigners: `${trust.allowedSigners}\n` },
      { ...trust, forbidSelfApproval: true },
      {
        allowedSigners: trust.allowedSigners + signerLine("mallory", makeKey()),
        requiredApprovals: 2,
      },
    ]) {
      await expectRefused(scene.database, "APPROVAL_WRONG_PLAN", () => change(scene, other));
    }
  });

  it("is refused when nobody could meet the new rules", async () => {
    const scene = await appliedScene(theServer());
    const allowedSigners = signerLine("bob", makeKey());
    await expect(change(scene, { allowedSigners, requiredApprovals: 2 })).rejects.toThrow(
      /^SETTING_INVALID: .*found 2 approvals of 1 signers/,
    );
    await expect(change(scene, { allowedSigners: "", requiredApprovals: 1 })).rejects.toThrow(
      /^SIGNERS_INVALID/,
    );
  });

  it("is refused on a database without a history, and on one that needs no approval", async () => {
    const scene = await makeScene(theServer());
    const trust = { allowedSigners: signerLine("bob", makeKey()), requiredApprovals: 1 };
    await expect(change(scene, trust)).rejects.toThrow(/^PRECHECK_FAILED/);

    const client = await scene.database.connect(theServer().superuser);
    await client.query(`ALTER DATABASE ${scene.database.name} SET v7.unprotected = 'on'`);
    await client.end();
    const authorize = by({ ...scene.rules, requireApproval: false });
    const milder = { ...scene, request: { ...scene.request, authorize } };
    await applyDirective(milder.request);
    await expect(change(milder, trust)).rejects.toThrow(/^APPROVAL_REQUIRED/);
  });
});

describe("the rule that nobody approves his own run", () => {
  const SELF = { forbidSelfApproval: true };
  afterEach(() => {
    delete process.env["V7_STARTED_BY"];
  });

  it("refuses a run that its only signer starts, or that has no named starter", async () => {
    const scene = await makeScene(theServer(), { rules: SELF });
    await approve(scene);
    await expect(applyDirective(scene.request)).rejects.toThrow(
      /^APPROVAL_SELF: .*without a named starter/,
    );
    process.env["V7_STARTED_BY"] = "Architect";
    await expect(applyDirective(scene.request)).rejects.toThrow(/^APPROVAL_SELF: .*architect's/);
  });

  it("allows another starter, is pinned by that run, and holds even if the settings change later", async () => {
    const scene = await makeScene(theServer(), { rules: SELF });
    await approve(scene);
    process.env["V7_STARTED_BY"] = "deployer";
    await applyDirective(scene.request);
    await approve(scene, { name: "two", plan: rollbackPlan });
    process.env["V7_STARTED_BY"] = "architect";
    const authorize = by({ ...scene.rules, forbidSelfApproval: false });
    await expect(rollbackDirective({ ...scene.request, authorize })).rejects.toThrow(
      /^APPROVAL_SELF/,
    );
  });

  it("lets the starter be one of two signers", async () => {
    const auditor = makeKey();
    const scene = await makeScene(theServer(), {
      rules: { ...SELF, requiredApprovals: 2 },
      signers: (key) => signerLine("architect", key) + signerLine("auditor", auditor),
    });
    expect(readAllowedSigners(join(scene.folder, scene.rules.allowedSigners))).toContain("auditor");
    await approve(scene);
    await approve(scene, { name: "two", key: auditor, approver: "auditor" });
    process.env["V7_STARTED_BY"] = "architect";
    expect((await applyDirective(scene.request)).executed).not.toEqual([]);
  });
});

it("v7 approvals says which approvals a database has used, and judges by the signers pinned there", async () => {
  const scene = await makeScene(theServer());
  await approve(scene);
  const folder = join(scene.folder, "sql", "ad_005", "approvals");
  const options = { folder, required: 1, stack: "prod", signers: "nowhere" };
  const ask = () => withConnection(scene.request.connection, readApprovalFacts);

  const before = await ask();
  expect([before.usedNonces.size, before.pinned]).toStrictEqual([0, undefined]);
  await expect(listApprovals(options, before.now, before)).rejects.toThrow(/^SIGNERS_INVALID/);

  await applyDirective(scene.request);
  const after = await ask();
  const { text, isApproved } = await listApprovals(options, after.now, after);
  expect(isApproved).toBe(false);
  expect(text).toMatch(/: used: /);
  expect(text).toMatch(/by the database's clock, pinned signers, used nonces and revocations/);
});
