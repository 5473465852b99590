import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { readHistory } from "../../../runner/history/history";
import { withConnection } from "../../../runner/postgres/connection";
import { serverOfFile } from "../../support/postgres";
import { approve, makeScene, rollbackPlan } from "../../support/scene";
import { makeKey, removeFolders, signerLine } from "../../unit/approval/support";

// What is refused: tests/integration/attacks/approvals.test.ts.

const server = serverOfFile({ major: 17 }, removeFolders);

it("an approved apply records the signer in each row, and an apply with nothing pending needs no approval", async () => {
  const scene = await makeScene(server());
  const { request } = scene;
  await approve(scene);
  await applyDirective(request);
  const history = await withConnection(request.connection, readHistory);
  expect(history).toHaveLength(14);
  expect(
    history.map(({ details }) => (details["approvals"] as { approver: string }[])[0]?.approver),
  ).toStrictEqual(history.map(() => "architect"));
  expect((await applyDirective(request)).executed).toStrictEqual([]);
});

it("a rollback runs with a separate approval, and another apply is refused without a new one", async () => {
  const scene = await makeScene(server());
  await approve(scene);
  await applyDirective(scene.request);
  await approve(scene, { plan: rollbackPlan, name: "two" });
  await rollbackDirective(scene.request);
  await expect(applyDirective(scene.request)).rejects.toThrow(/^APPROVAL_/);
  expect((await withConnection(scene.request.connection, readHistory)).at(-1)?.action).toBe(
    "rollback",
  );
});

it("an apply that needs two signers is refused with one signature, and runs with both", async () => {
  const second = makeKey();
  const scene = await makeScene(server(), {
    rules: { requiredApprovals: 2 },
    signers: (key) => signerLine("architect", key) + signerLine("auditor", second),
  });
  await approve(scene);
  await expect(applyDirective(scene.request)).rejects.toThrow(/^APPROVAL_/);
  await approve(scene, { key: second, changes: { approver: "auditor" }, name: "two" });
  expect((await applyDirective(scene.request)).executed).toHaveLength(13);
});

it("two applies that start at the same time with one approval run the plan once", async () => {
  const scene = await makeScene(server());
  await approve(scene);
  const results = await Promise.all([applyDirective(scene.request), applyDirective(scene.request)]);
  expect(results.map(({ executed }) => executed.length).sort()).toStrictEqual([0, 13]);
});
