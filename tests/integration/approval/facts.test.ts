import { join } from "node:path";
import { listApprovals } from "../../../cli/approvals";
import { applyDirective } from "../../../runner/actions/apply";
import { readApprovalFacts } from "../../../runner/approval/pinnedFacts";
import { withConnection } from "../../../runner/postgres/connection";
import { serverOfFile } from "../../support/postgres";
import { approve, makeScene } from "../../support/scene";
import { removeFolders } from "../../unit/approval/support";

const theServer = serverOfFile({ major: 17 }, removeFolders);

it("v7 approvals says which approvals a database has used, and judges by whom it trusts", async () => {
  const scene = await makeScene(theServer());
  await approve(scene);
  const folder = join(scene.rules.projectFolder, "sql", "ad_005", "approvals");
  const options = { folder, required: "1", stack: "prod", signers: "nowhere" };
  const ask = () => withConnection(scene.request.connection, readApprovalFacts);

  const before = await ask();
  expect([before.usedNonces.size, before.pinned]).toStrictEqual([0, undefined]);
  await expect(listApprovals(options, before.now, before)).rejects.toThrow(/^SIGNERS_INVALID/);

  await applyDirective(scene.request);
  const after = await ask();
  const { text, isApproved } = await listApprovals(options, after.now, after);
  expect(isApproved).toBe(false);
  expect(text).toMatch(/: used: /);
  expect(text).toMatch(
    /by the database's clock, its pinned signers, its used nonces and what it revoked/,
  );
});
