import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { applyDirective } from "../../../runner/actions/apply";
import { prepareRepair, repairDrift } from "../../../runner/actions/repair";
import { authorize } from "../../../runner/approval/authorize";
import { approvalBytes, newApproval } from "../../../runner/approval/record";
import { readHistory } from "../../../runner/history/history";
import type { Plan } from "../../../runner/model";
import type { PreparedPlan } from "../../../runner/plan/plan";
import { preparePlan } from "../../../runner/plan/preparePlan";
import { withConnection } from "../../../runner/postgres/connection";
import { applyRequest, SQL_FOLDER, type TestRequest } from "../../support/directive";
import { grantAll, makeRoles } from "../../support/drift";
import { serverOfFile } from "../../support/postgres";
import { makeFolder, makeKey, removeFolders, sign, signerLine } from "../../unit/approval/support";

const theServer = serverOfFile({ major: 17 }, removeFolders);

it("a repair of a protected database needs an approval of exactly its plan, and runs only once", async () => {
  const folder = makeFolder();
  cpSync(SQL_FOLDER, join(folder, "sql"), { recursive: true });
  const approvals = join(folder, "sql", "ad_005", "approvals");
  const key = makeKey();
  writeFileSync(join(approvals, "allowed_signers"), signerLine("architect", key));
  const database = await theServer().createDatabase({ shape: "supabase" });
  const rules = {
    requireApproval: true,
    requiredApprovals: 1,
    allowedSigners: "sql/ad_005/approvals/allowed_signers",
    projectFolder: folder,
  };
  const request: TestRequest = {
    ...(await applyRequest(database, join(folder, "sql"))),
    authorize: (prepared, client) => authorize(prepared, client, rules),
  };
  const approve = ({ digest = "", plan }: PreparedPlan, name: string): void => {
    const action = (plan as Plan).action;
    const approval = {
      plan: digest,
      action,
      decision: "approved",
      approver: "architect",
      notes: "",
    } as const;
    const bytes = approvalBytes(newApproval(approval, new Date(), 3600));
    writeFileSync(join(approvals, `${name}.json`), bytes);
    writeFileSync(join(approvals, `${name}.json.sig`), sign(bytes, key));
  };
  const owner = await database.connect();
  await makeRoles(owner, request.access);
  approve(
    await withConnection(request.connection, (client) => preparePlan(client, request)),
    "one",
  );
  await applyDirective(request);
  await grantAll(owner, request.access);

  await owner.query("DROP INDEX idx_test_results_status");
  await expect(repairDrift(request)).rejects.toThrow(/^APPROVAL_/);
  const prepared = await withConnection(request.connection, (client) =>
    prepareRepair(client, request),
  );
  approve(prepared, "two");

  // Other drift than the one that was approved makes another plan.
  await owner.query("DROP INDEX idx_global_impacts_risk");
  await expect(repairDrift(request)).rejects.toThrow(/^APPROVAL_WRONG_PLAN/);
  await owner.query("CREATE INDEX idx_global_impacts_risk ON v7_global_impacts(risk_assessment)");

  expect((await repairDrift(request)).repaired).toStrictEqual([
    "missing: index public.idx_test_results_status",
  ]);
  const history = await withConnection(request.connection, readHistory);
  const last = history.at(-1);
  expect([last?.action, last?.planDigest]).toStrictEqual(["repair", prepared.digest]);
  expect(last?.details["approvals"]).toMatchObject([{ approver: "architect" }]);

  await owner.query("DROP INDEX idx_test_results_status");
  await expect(repairDrift(request)).rejects.toThrow(/^APPROVAL_/);
});
