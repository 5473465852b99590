import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { prepareRollback } from "../../../runner/plan/preparePlan";
import { applyRequest, planned, SQL_FOLDER, type TestRequest } from "../../support/directive";
import { carriedOut } from "../../support/drift";
import { laterDirective, lockLater } from "../../support/laterDirective";
import { serverOfFile } from "../../support/postgres";
import { removeCopies } from "../../support/sqlFolder";

const APPLICATION = "CREATE TYPE app_state AS ENUM ('new');\n";

const server = serverOfFile({ major: 18 }, removeCopies);
let request: TestRequest;

beforeAll(async () => {
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
  const { database } = await carriedOut(server(), SQL_FOLDER, APPLICATION);
  request = await applyRequest(database, folder);
  await applyDirective(request);
});

describe("an irreversible step", () => {
  it.each([
    ["all directives", {}],
    ["the directives after ad_005", { to: "ad_005" }],
  ])("blocks a rollback of %s in the plan and in the run, which name it", async (_, point) => {
    const { obstacles } = await planned({ ...request, ...point }, prepareRollback);
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

  it("does not block a rollback that stops after it", async () => {
    const { undone } = await rollbackDirective({ ...request, to: "ad_006" });
    expect(undone).toStrictEqual(["section_1"]);
    const { executed } = await applyDirective(request);
    expect(executed.map(({ step }) => step.directive)).toStrictEqual(["ad_007"]);
  });
});
