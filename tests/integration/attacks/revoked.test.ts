import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { listApprovals } from "../../../cli/approvals";
import { approve as approveCommand } from "../../../cli/approve";
import { applyDirective } from "../../../runner/actions/apply";
import { revoke, type RevokeResult } from "../../../runner/actions/revoke";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { changeTrust } from "../../../runner/actions/trust";
import { readApprovalFacts } from "../../../runner/approval/pinnedFacts";
import { canonicalJson } from "../../../runner/base/canonicalJson";
import { loadDirectives } from "../../../runner/directive/directive";
import type { Revocation } from "../../../runner/history/revocations";
import type { PreparedPlan } from "../../../runner/plan/plan";
import { describePreparedPlan } from "../../../runner/plan/planText";
import { preparePlan } from "../../../runner/plan/preparePlan";
import { withConnection } from "../../../runner/postgres/connection";
import { FORMER_VERSION, rewriteHistory } from "../../support/historyRows";
import { laterDirective } from "../../support/laterDirective";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { relock } from "../../support/relock";
import {
  appliedScene,
  approve,
  by,
  expectRefused,
  historyFindings,
  makeScene,
  rollbackPlan,
  trustPlan,
  type Scene,
  type SignOptions,
} from "../../support/scene";
import { makeFolder, makeKey, removeFolders, signerLine } from "../../unit/approval/support";

const PLANTED = "CREATE TABLE planted ()";

const folderOf = (scene: Scene): string => join(scene.folder, "sql", "ad_005", "approvals");

const no = (scene: Scene, revoked: Revocation, reason = "a reason"): Promise<RevokeResult> =>
  revoke({ ...scene.request, revoked, reason });

const planOf = ({ request }: Scene): Promise<PreparedPlan> =>
  withConnection(request.connection, (client) => preparePlan(client, request));

describe.each(MAJORS)("a revocation on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major }, removeFolders);

  it("holds when the approval's files are put back into the repository, even for the first plan", async () => {
    const scene = await makeScene(server());
    const { digest = "", plan } = await planOf(scene);
    const planFile = join(makeFolder(), "plan.json");
    writeFileSync(planFile, canonicalJson(plan));
    const output = new PassThrough();
    const sign = (more: { reject?: boolean }): Promise<string> =>
      approveCommand(
        {
          plan: planFile,
          key: scene.key.file,
          signer: "architect",
          expires: "24h",
          notes: "",
          out: folderOf(scene),
          yes: true,
          ...more,
        },
        { input: process.stdin, output },
      );
    const approved = await sign({});
    const saved = makeFolder();
    for (const suffix of ["", ".sig"]) {
      copyFileSync(approved + suffix, join(saved, `approval${suffix}`));
    }
    output.read();
    const rejected = await sign({ reject: true });
    // Neither overwrites the other, and the rejection names the approvals that it does not stop.
    expect(rejected).not.toBe(approved);
    expect(readdirSync(folderOf(scene)).filter((name) => name.endsWith(".json"))).toHaveLength(2);
    expect(String(output.read())).toMatch(
      new RegExp(
        `copies of these approvals still run the plan:\n {2}architect's, nonce [0-9a-f]{32}, until .*revoke --stack test --plan ${digest}`,
        "s",
      ),
    );
    await expect(applyDirective(scene.request)).rejects.toThrow(/^APPROVAL_REJECTED/);

    const { nonce } = JSON.parse(readFileSync(approved, "utf8")) as { nonce: string };
    expect((await no(scene, { kind: "nonce", value: nonce })).isNew).toBe(true);
    expect((await no(scene, { kind: "plan", value: digest })).isNew).toBe(true);
    expect((await no(scene, { kind: "plan", value: digest })).isNew).toBe(false);
    rmSync(rejected);
    rmSync(`${rejected}.sig`);
    for (const suffix of ["", ".sig"]) {
      copyFileSync(join(saved, `approval${suffix}`), approved + suffix);
    }
    // The history exists now, so that the plan is another one, which nobody has signed.
    await expect(applyDirective(scene.request)).rejects.toThrow(/^APPROVAL_/);
    const facts = await withConnection(scene.request.connection, readApprovalFacts);
    const listed = await listApprovals(
      { plan: planFile, folder: folderOf(scene), required: 1, stack: "test" },
      facts.now,
      facts,
    );
    expect(listed.isApproved).toBe(false);
    expect(listed.text).toMatch(/APPROVAL_REVOKED/);

    // A new approval lets the plan run, and proves it.
    await approve(scene, { name: "anew" });
    await applyDirective(scene.request);
    expect(await historyFindings(scene)).toEqual([]);
  });

  it.each(["nonce", "plan", "key"] as const)(
    "of a %s refuses the approval, whatever files are in the folder",
    async (kind) => {
      const scene = await appliedScene(server());
      const { nonce, plan } = await approve(scene, { name: "two", plan: rollbackPlan });
      const values = { nonce, plan, key: scene.key.fingerprint };
      await no(scene, { kind, value: values[kind] });
      await expect(rollbackDirective(scene.request)).rejects.toThrow(/^APPROVAL_REVOKED/);
      // A revoked key no longer counts, whenever it signed.
      await approve(scene, { name: "three", plan: rollbackPlan });
      const again = await rollbackDirective(scene.request).then(
        () => "ran",
        (error: unknown) => (error as { readonly code: string }).code,
      );
      expect(again).toBe(kind === "nonce" ? "ran" : "APPROVAL_REVOKED");
      expect(await historyFindings(scene)).toEqual([]);
    },
  );

  it("is written to a history of a former version, whose list of actions lacks it", async () => {
    const scene = await appliedScene(server());
    await rewriteHistory(server(), scene.database, FORMER_VERSION);
    await no(scene, { kind: "key", value: scene.key.fingerprint });
    await approve(scene, { name: "two", plan: rollbackPlan });
    await expect(rollbackDirective(scene.request)).rejects.toThrow(/^APPROVAL_REVOKED/);
  });

  it("of a plan holds on a database that needs no approval, and the plan's text says so", async () => {
    const scene = await makeScene(server());
    const database = await server().createDatabase({ shape: "supabase", unprotected: true });
    const connection = { ...scene.request.connection, databaseName: database.name };
    const rules = { ...scene.rules, requireApproval: false };
    const free = { ...scene, request: { ...scene.request, connection, authorize: by(rules) } };
    await applyDirective(free.request);
    const back = await withConnection(connection, (client) => rollbackPlan(client, free.request));
    await no(free, { kind: "plan", value: back.digest ?? "" });
    const again = await withConnection(connection, (client) => rollbackPlan(client, free.request));
    expect(again.digest).toBe(back.digest);
    expect(describePreparedPlan(again)).toContain("revoked on this database");
    await expect(rollbackDirective(free.request)).rejects.toThrow(/^APPROVAL_REVOKED/);
  });

  it("of keys lets the remaining signers change the signers, and nothing else", async () => {
    const auditor = makeKey();
    const scene = await makeScene(server(), {
      rules: { requiredApprovals: 2 },
      signers: (key) => signerLine("architect", key) + signerLine("auditor", auditor),
    });
    const both = async (name: string, plan?: SignOptions["plan"]): Promise<void> => {
      const more = plan === undefined ? {} : { plan };
      await approve(scene, { name, ...more });
      await approve(scene, { name: `${name}-2`, key: auditor, approver: "auditor", ...more });
    };
    await both("one");
    await applyDirective(scene.request);
    await no(scene, { kind: "key", value: scene.key.fingerprint });
    const milder = by({ ...scene.rules, requiredApprovals: 1 });
    const request = { ...scene.request, authorize: milder };
    await both("two", rollbackPlan);
    await expect(rollbackDirective(request)).rejects.toThrow(/^APPROVAL_REVOKED/);
    const bob = makeKey();
    const trust = { allowedSigners: signerLine("bob", bob), requiredApprovals: 1 };
    await both("three", trustPlan({ trust }));
    await changeTrust({ ...request, trust });
    expect(await historyFindings(scene)).toEqual([]);

    // When no signer is left, the signers of the repository decide about the change.
    await no(scene, { kind: "key", value: bob.fingerprint });
    const carol = makeKey();
    const next = { allowedSigners: signerLine("carol", carol), requiredApprovals: 1 };
    const plan = trustPlan({ trust: next });
    await approve(scene, { name: "four", key: auditor, approver: "auditor", plan });
    await changeTrust({ ...request, trust: next });
    await approve(scene, { name: "five", plan: rollbackPlan, key: carol, approver: "carol" });
    expect((await rollbackDirective(request)).undone).not.toEqual([]);
    expect(await historyFindings(scene)).toEqual([]);
  });

  it("runs only the history's own SQL when it creates the history, because nobody signs it", async () => {
    const scene = await makeScene(server());
    const sql = join(scene.folder, "sql");
    const revokeNow = async (): Promise<unknown> =>
      await revoke({
        ...scene.request,
        ...(await loadDirectives(sql, [])),
        revoked: { kind: "nonce", value: "a".repeat(32) },
        reason: "",
      });
    await laterDirective(
      "",
      [{ sql: "SELECT 1" }, { id: "v7_control", kind: "amendment", sql: PLANTED }],
      sql,
    );
    await revokeNow();
    const client = await scene.database.connect();
    const { rows } = await client.query("SELECT to_regclass('planted') AS planted");
    expect(rows).toEqual([{ planted: null }]);

    const other = await makeScene(server(), { folder: scene.folder });
    const file = join(sql, "ad_005", "amendments", "v7_control.sql");
    writeFileSync(file, `${readFileSync(file, "utf8")}${PLANTED};\n`);
    await relock(sql, "ad_005");
    rmSync(join(sql, "ad_006"), { recursive: true });
    await expectRefused(other.database, "DIRECTIVE_CHANGED", async () =>
      revoke({
        ...other.request,
        ...(await loadDirectives(sql, [])),
        revoked: { kind: "nonce", value: "a".repeat(32) },
        reason: "",
      }),
    );
  });
});
