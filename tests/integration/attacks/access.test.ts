import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { loadDirectives } from "../../../runner/directive/directive";
import { prepareRollback } from "../../../runner/plan/preparePlan";
import { SQL_FOLDER } from "../../support/directive";
import { makeRoles } from "../../support/drift";
import { laterDirective, lockLater } from "../../support/laterDirective";
import { serverOfFile } from "../../support/postgres";
import { approve, expectRefused, makeScene } from "../../support/scene";
import { makeFolder, removeFolders } from "../../unit/approval/support";

const MAJOR = 17;

describe("an earlier directive's access matrix", () => {
  const server = serverOfFile({ major: MAJOR }, removeFolders);

  it("cannot change after a rollback is signed, even if a later directive drops the object", async () => {
    const folder = makeFolder();
    const sql = join(folder, "sql");
    cpSync(SQL_FOLDER, sql, { recursive: true });
    const { steps } = await loadDirectives(sql, []);
    const view = steps
      .flatMap(({ statements }) => statements)
      .find(({ locked }) => locked?.added.some(({ id }) => id.kind === "view"));
    const inverse = (view?.bytes.toString("utf8") ?? "").trim().replace(/;$/, "");
    await laterDirective("", [{ sql: "DROP VIEW v7_migration_dashboard", inverse }], sql);
    await lockLater(sql, MAJOR);
    const scene = await makeScene(server(), { folder });
    const client = await scene.database.connect();
    await makeRoles(client, scene.request.access);
    await approve(scene);
    await applyDirective(scene.request);
    await approve(scene, {
      name: "back",
      plan: (one, request) => prepareRollback(one, { ...request, to: "ad_005" }),
    });
    const file = join(sql, "ad_005", "access.yaml");
    const text = readFileSync(file, "utf8");
    const planted = text.replace(
      /( {2}public\.v7_migration_dashboard:\n)/,
      "$1    v7_ci: { SELECT: all }\n",
    );
    expect(planted).not.toBe(text);
    writeFileSync(file, planted);
    const request = { ...scene.request, ...(await loadDirectives(sql, [])), to: "ad_005" };
    await expectRefused(scene.database, "APPROVAL_WRONG_PLAN", () => rollbackDirective(request));
  });
});
