import { rehearse } from "../../../runner/rehearsal/rehearse";
import { applyRequest, SQL_FOLDER } from "../../support/directive";
import { carriedOut } from "../../support/drift";
import { faultOf } from "../../support/faults";
import { laterDirective, lockLater } from "../../support/laterDirective";
import { serverOfFile } from "../../support/postgres";
import { removeCopies } from "../../support/sqlFolder";

const APPLICATION = `
CREATE TABLE app_order (id integer PRIMARY KEY, state text NOT NULL DEFAULT 'new');
INSERT INTO app_order SELECT n, 'paid' FROM generate_series(1, 30) n;
`;

const server = serverOfFile({ major: 18 }, removeCopies);

async function rehearsed(sql: readonly string[]): ReturnType<typeof rehearse> {
  const folder = await laterDirective(APPLICATION, [{ sql }]);
  await lockLater(folder, 18);
  const { database } = await carriedOut(server(), SQL_FOLDER, APPLICATION);
  return await rehearse(await applyRequest(database, folder));
}

describe("a rehearsal whose generated rows do not fit the plan", () => {
  it.each([
    [
      "a check of words",
      "23514",
      ["ALTER TABLE app_order ADD CONSTRAINT v7_states CHECK (state IN ('new', 'paid'))"],
      "1:1",
    ],
    [
      "a cast to an enum",
      "22P02",
      [
        "CREATE TYPE v7_state AS ENUM ('new', 'paid')",
        "ALTER TABLE app_order ALTER COLUMN state DROP DEFAULT, ALTER COLUMN state TYPE v7_state USING state::v7_state",
      ],
      "2:1",
    ],
  ])("runs the plan on empty tables, and says so: %s", async (_, sqlState, sql, place) => {
    const rehearsal = await rehearsed(sql);
    expect(rehearsal?.differences).toStrictEqual([]);
    expect(rehearsal?.tables).toContainEqual({
      name: "public.app_order",
      targetRows: 30,
      rehearsedRows: 0,
    });
    expect(rehearsal?.omitted).toContain(
      `rows: running section_1 at sql/ad_006/directive.sql:${place} failed on generated ones (SQLSTATE ${sqlState}), ` +
        "and ran on empty tables; whether the target's own rows fit, only the run shows",
    );
  });

  it("fails when the plan also fails without rows", async () => {
    const folder = await laterDirective(APPLICATION, [
      {
        sql: "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'app_other') THEN RAISE 'no'; END IF; END $$",
      },
    ]);
    await lockLater(folder, 18);
    const { database } = await carriedOut(server(), SQL_FOLDER, APPLICATION);
    const superuser = await database.connect(server().superuser);
    await superuser.query("CREATE ROLE app_other");
    const request = await applyRequest(database, folder);
    const { code } = await faultOf(() => rehearse(request));
    expect(code).toBe("STATEMENT_FAILED");
  });
});
