import { applyDirective } from "../../../runner/actions/apply";
import { describeProgram } from "../../../runner/base/programDigest";
import { preparePlan } from "../../../runner/plan/preparePlan";
import { withConnection } from "../../../runner/postgres/connection";
import { faultOf } from "../../support/faults";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { approve, makeScene } from "../../support/scene";
import { removeFolders } from "../../unit/approval/support";

describe.each(MAJORS)("the target of a plan on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major }, removeFolders);

  it("is one database, and not another that takes its name", async () => {
    const scene = await makeScene(server());
    const { database, request } = scene;
    const digest = async (): Promise<string | undefined> =>
      (await withConnection(request.connection, (client) => preparePlan(client, request))).digest;
    const { plan } = await approve(scene);
    expect([await digest(), await digest()]).toEqual([plan, plan]);
    const elsewhere = await server().createDatabase({ shape: "empty" });
    const admin = await elsewhere.connect(server().superuser);
    await admin.query(`ALTER DATABASE "${database.name}" RENAME TO "first"`);
    await admin.query(`CREATE DATABASE "${database.name}" TEMPLATE "first" OWNER postgres`);
    expect(await digest()).not.toBe(plan);
    expect((await faultOf(() => applyDirective(request))).code).toBe("APPROVAL_WRONG_PLAN");
    await admin.query(`DROP DATABASE "${database.name}"`);
    await admin.query(`ALTER DATABASE "first" RENAME TO "${database.name}"`);
    expect(await digest()).toBe(plan);
    await applyDirective(request);
  });
});

it("the program describes itself by its version and package-lock.json", () => {
  expect(describeProgram()).toMatch(/^program \d.*package-lock\.json [0-9a-f]{64} \(/);
});
