import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { applyDirective, type ApplyRequest } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { authorize } from "../../../runner/approval/authorize";
import { approvalBytes, newApproval } from "../../../runner/approval/record";
import { readHistory } from "../../../runner/history/history";
import { preparePlan, prepareRollback } from "../../../runner/plan/preparePlan";
import { withConnection } from "../../../runner/postgres/connection";
import { applyRequest, SQL_FOLDER } from "../../support/directive";
import { serverOfFile, type TestDatabase } from "../../support/postgres";
import {
  makeFolder,
  makeKey,
  removeFolders,
  sign,
  signerLine,
  type Key,
} from "../../unit/approval/support";

const theServer = serverOfFile({ major: 17 }, removeFolders);

/** A copy of the project's sql/, with The Architect's key trusted, and a protected database. */
interface Scene {
  readonly database: TestDatabase;
  readonly folder: string;
  readonly key: Key;
  readonly request: ApplyRequest & Awaited<ReturnType<typeof applyRequest>>;
}

async function makeScene(requiredApprovals = 1): Promise<Scene> {
  const folder = makeFolder();
  cpSync(SQL_FOLDER, join(folder, "sql"), { recursive: true });
  const key = makeKey();
  trust(folder, signerLine("architect", key));
  const database = await theServer().createDatabase({ shape: "supabase" });
  const request = await applyRequest(database, join(folder, "sql"));
  const rules = {
    requireApproval: true,
    requiredApprovals,
    allowedSigners: "sql/ad_005/approvals/allowed_signers",
    projectFolder: folder,
    directive: "ad_005",
  };
  return {
    database,
    folder,
    key,
    request: { ...request, authorize: (prepared, client) => authorize(prepared, client, rules) },
  };
}

function trust(folder: string, lines: string): void {
  mkdirSync(join(folder, "sql", "ad_005", "approvals"), { recursive: true });
  writeFileSync(join(folder, "sql", "ad_005", "approvals", "allowed_signers"), lines);
}

/** Plans, and signs the plan's digest; the files lie where `v7 approve` puts them. */
async function approve(
  { request, folder, key }: Scene,
  options: { action?: "apply" | "rollback"; signer?: Key; approver?: string; name?: string } = {},
): Promise<void> {
  const { action = "apply", signer = key, approver = "architect", name = "one" } = options;
  const prepared = await withConnection(request.connection, (client) =>
    action === "apply" ? preparePlan(client, request) : prepareRollback(client, request),
  );
  const approval = newApproval(
    { plan: prepared.digest ?? "", action, decision: "approved", approver, notes: "" },
    new Date(),
    3600,
  );
  const bytes = approvalBytes(approval);
  const file = join(folder, "sql", "ad_005", "approvals", `${name}.json`);
  writeFileSync(file, bytes);
  writeFileSync(`${file}.sig`, sign(bytes, signer));
}

it("applies what The Architect signed, and records who, with which key and nonce", async () => {
  const scene = await makeScene();
  await approve(scene);
  await applyDirective(scene.request);
  const history = await withConnection(scene.request.connection, readHistory);
  expect(history).toHaveLength(14);
  expect(
    history.map(({ details }) => (details["approvals"] as { approver: string }[])[0]?.approver),
  ).toStrictEqual(history.map(() => "architect"));
});

it("needs no approval for a run with nothing to do", async () => {
  const scene = await makeScene();
  await approve(scene);
  await applyDirective(scene.request);
  expect((await applyDirective(scene.request)).executed).toStrictEqual([]);
});

it("refuses to roll back with the approval of the application", async () => {
  const scene = await makeScene();
  await approve(scene);
  await applyDirective(scene.request);
  await expect(rollbackDirective(scene.request)).rejects.toThrow(/^APPROVAL_/);
});

it("rolls back with an approval of its own, and refuses both when they come again", async () => {
  const scene = await makeScene();
  await approve(scene);
  await applyDirective(scene.request);
  await approve(scene, { action: "rollback", name: "two" });
  await rollbackDirective(scene.request);
  await expect(applyDirective(scene.request)).rejects.toThrow(/^APPROVAL_/);
  expect((await withConnection(scene.request.connection, readHistory)).at(-1)?.action).toBe(
    "rollback",
  );
});

it("refuses a signer who put himself into the repository's file after the first approved run", async () => {
  const scene = await makeScene();
  await approve(scene);
  await applyDirective(scene.request);
  const attacker = makeKey();
  trust(scene.folder, signerLine("architect", attacker));
  await approve(scene, { action: "rollback", signer: attacker, name: "two" });
  await expect(rollbackDirective(scene.request)).rejects.toThrow(
    /^APPROVAL_(UNTRUSTED|INVALID|REQUIRED)/,
  );
});

it("refuses where file_audit was changed after signing", async () => {
  const scene = await makeScene();
  await approve(scene);
  const client = await scene.database.connect();
  await client.query("ALTER TABLE file_audit ADD COLUMN later text");
  await expect(applyDirective(scene.request)).rejects.toThrow(/^APPROVAL_WRONG_PLAN/);
});

it("refuses an approval that was given for another database", async () => {
  const scene = await makeScene();
  await approve(scene);
  const other = await theServer().createDatabase({ shape: "supabase" });
  const { connection } = await applyRequest(other);
  await expect(applyDirective({ ...scene.request, connection })).rejects.toThrow(
    /^APPROVAL_WRONG_PLAN/,
  );
});

it("refuses a login that was added to a group after signing", async () => {
  const scene = await makeScene();
  await approve(scene);
  const members = { v7_architect: ["mallory"] };
  await expect(applyDirective({ ...scene.request, members })).rejects.toThrow(
    /^APPROVAL_WRONG_PLAN/,
  );
});

it("refuses one signature where two signers are asked for", async () => {
  const scene = await makeScene(2);
  const second = makeKey();
  trust(scene.folder, signerLine("architect", scene.key) + "\n" + signerLine("auditor", second));
  await approve(scene);
  await expect(applyDirective(scene.request)).rejects.toThrow(/^APPROVAL_/);
  await approve(scene, { signer: second, approver: "auditor", name: "two" });
  expect((await applyDirective(scene.request)).executed).toHaveLength(13);
});

it("applies once where two runs come at once with one approval", async () => {
  const scene = await makeScene();
  await approve(scene);
  const results = await Promise.all([applyDirective(scene.request), applyDirective(scene.request)]);
  expect(results.map(({ executed }) => executed.length).sort()).toStrictEqual([0, 13]);
});
