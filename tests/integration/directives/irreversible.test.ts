import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { prepareRollback } from "../../../runner/plan/preparePlan";
import { withConnection } from "../../../runner/postgres/connection";
import { applyRequest, SQL_FOLDER, type TestRequest } from "../../support/directive";
import { carriedOut } from "../../support/drift";
import { laterDirective, lockLater } from "../../support/laterDirective";
import { startTestServer, type TestServer } from "../../support/postgres";
import { removeCopies } from "../../support/sqlFolder";

const APPLICATION = "CREATE TYPE app_state AS ENUM ('new');\n";

let server: TestServer;
let request: TestRequest;

beforeAll(async () => {
  server = await startTestServer({ major: 18 });
  const folder = await laterDirective(APPLICATION, [
    { what: "a table", sql: "CREATE TABLE v7_a (id integer)", inverse: "DROP TABLE v7_a" },
    {
      what: "a label",
      sql: "ALTER TYPE app_state ADD VALUE 'paid'",
      irreversible: "no statement takes a label away",
    },
  ]);
  await lockLater(folder, 18);
  const after = [
    { what: "a table", sql: "CREATE TABLE v7_b (id integer)", inverse: "DROP TABLE v7_b" },
  ];
  await laterDirective(APPLICATION, after, folder, "ad_007");
  await lockLater(folder, 18, "ad_007");
  const { database } = await carriedOut(server, SQL_FOLDER, APPLICATION);
  request = await applyRequest(database, folder);
  await applyDirective(request);
});

afterAll(async () => {
  removeCopies();
  await server.stop();
});

describe("a step that nothing takes back", () => {
  it.each([
    ["all directives", {}],
    ["those behind ad_005", { to: "ad_005" }],
  ])("stops a rollback of %s by its name, in the plan and in the run", async (_, point) => {
    const { obstacles } = await withConnection(request.connection, (client) =>
      prepareRollback(client, { ...request, ...point }),
    );
    expect(obstacles).toStrictEqual([
      {
        found:
          "the step section_2 of ad_006, which nothing takes back: no statement takes a label away",
        remedy: "Roll back to a directive behind it with --to, or keep the directives",
      },
    ]);
    await expect(rollbackDirective({ ...request, ...point })).rejects.toThrow(
      /^ROLLBACK_BLOCKED: [^]*the step section_2 of ad_006, which nothing takes back/,
    );
  });

  it("is no matter to a rollback that ends behind it", async () => {
    const { undone } = await rollbackDirective({ ...request, to: "ad_006" });
    expect(undone).toStrictEqual(["section_1"]);
    const { executed } = await applyDirective(request);
    expect(executed.map(({ step }) => step.directive)).toStrictEqual(["ad_007"]);
  });
});
