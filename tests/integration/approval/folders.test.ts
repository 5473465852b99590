import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { applyDirective } from "../../../runner/actions/apply";
import { sha256 } from "../../../runner/base/sha256";
import { loadDirectives } from "../../../runner/directive/directive";
import { readHistory } from "../../../runner/history/history";
import { withConnection } from "../../../runner/postgres/connection";
import { serverOfFile } from "../../support/postgres";
import { approve, makeScene, type Scene } from "../../support/scene";
import { addDirective } from "../../support/sqlFolder";
import { makeKey, removeFolders, signerLine } from "../../unit/approval/support";

const theServer = serverOfFile({ major: 17 }, removeFolders);

/** Moves the approval and its signature into the folder of the second directive. */
function moveToSecond(folder: string): void {
  const second = join(folder, "sql", "ad_006", "approvals");
  mkdirSync(second, { recursive: true });
  for (const file of ["one.json", "one.json.sig"]) {
    renameSync(join(folder, "sql", "ad_005", "approvals", file), join(second, file));
  }
}

async function sceneOfTwo(...more: readonly ReturnType<typeof makeKey>[]): Promise<Scene> {
  const scene = await makeScene(theServer(), {
    rules: { requiredApprovals: 1 + more.length },
    signers: (key) =>
      [signerLine("architect", key), ...more.map((one) => signerLine("second", one))].join(""),
  });
  const sqlFolder = join(scene.folder, "sql");
  await addDirective(sqlFolder, "ad_006", "SELECT 1;\n");
  return { ...scene, request: { ...scene.request, ...(await loadDirectives(sqlFolder, [])) } };
}

describe("approvals in the folders of several directives", () => {
  it("count together, even with the same file name, each with its own signature in the proof", async () => {
    const key = makeKey();
    const scene = await sceneOfTwo(key);
    await approve(scene);
    moveToSecond(scene.folder);
    await approve(scene, { key, approver: "second" });
    await applyDirective(scene.request);
    const [first] = await withConnection(scene.request.connection, readHistory);
    const { approvals } = first?.details["proof"] as { approvals: { signature: string }[] };
    expect(new Set(approvals.map(({ signature }) => sha256(signature))).size).toBe(2);
  });

  it("are void when any of the folders revokes them", async () => {
    const scene = await sceneOfTwo();
    const { nonce } = await approve(scene);
    moveToSecond(scene.folder);
    writeFileSync(join(scene.folder, "sql", "ad_005", "approvals", "revoked"), `${nonce}\n`);
    await expect(applyDirective(scene.request)).rejects.toMatchObject({ code: "APPROVAL_REVOKED" });
  });
});
