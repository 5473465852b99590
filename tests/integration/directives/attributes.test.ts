import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { definedObjects } from "../../../runner/catalog/definedObjects";
import { addedAttributeObstacles } from "../../../runner/plan/obstacles/attributes";
import { prepareRollback } from "../../../runner/plan/preparePlan";
import { applyRequest, planned, SQL_FOLDER, type TestRequest } from "../../support/directive";
import { carriedOut } from "../../support/drift";
import { faultOf } from "../../support/faults";
import { laterDirective, lockLater } from "../../support/laterDirective";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { removeCopies } from "../../support/sqlFolder";

const APPLICATION = `
CREATE TYPE app_address AS (street text, zip text);
CREATE DOMAIN app_home AS app_address;
CREATE TABLE app_person (id integer, "At" app_address, homes app_home[]);
CREATE TABLE app_secret (id integer, at app_address);
`;

/** It adds an attribute, drops another, and adds a column, which a rollback archives. */
const SQL = [
  "ALTER TYPE app_address ADD ATTRIBUTE city text",
  "ALTER TYPE app_address DROP ATTRIBUTE zip",
  "ALTER TABLE app_person ADD COLUMN v7_extra app_address",
];
const INVERSE =
  "ALTER TABLE app_person DROP COLUMN v7_extra; ALTER TYPE app_address ADD ATTRIBUTE zip text; ALTER TYPE app_address DROP ATTRIBUTE city";

const values = (column: string, table: string, attribute: string, has = "has"): string =>
  `column ${column} of table public.${table} ${has} values of the attribute "${attribute}" of public.app_address, which would be dropped with it`;

describe.each(MAJORS)("an attribute of a composite type on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major }, removeCopies);
  let request: TestRequest;
  let client: Client;

  beforeAll(async () => {
    const { database } = await carriedOut(server(), SQL_FOLDER, APPLICATION);
    const folder = await laterDirective(APPLICATION, [{ sql: SQL, inverse: INVERSE }]);
    await lockLater(folder, major);
    request = { ...(await applyRequest(database, folder)), to: "ad_005" };
    client = await database.connect();
    // Supabase's postgres reads rows that no policy shows it; other logins do not.
    const superuser = await database.connect(server().superuser);
    await superuser.query("ALTER ROLE postgres NOBYPASSRLS");
  });

  it("is not dropped by a directive while a table has values of it", async () => {
    await client.query(`INSERT INTO app_person VALUES (1, '(s,z)', NULL), (2, '(s,)', '{"(s,)"}')`);
    const { obstacles } = await planned(request);
    expect(obstacles.map(({ found }) => found)).toStrictEqual([
      values('"At"', "app_person", "zip"),
      values('"homes"', "app_person", "zip"),
    ]);
    expect((await faultOf(() => applyDirective(request))).code).toBe("PRECHECK_FAILED");
    await client.query(`UPDATE app_person SET "At" = '(s,)', homes = NULL`);
    await applyDirective(request);
  });

  it("is none to look for once somebody has dropped it", async () => {
    await client.query("BEGIN; ALTER TYPE app_address DROP ATTRIBUTE city");
    expect(await addedAttributeObstacles(client, definedObjects(request.steps))).toStrictEqual([]);
    await client.query("ROLLBACK");
  });

  it("is not dropped by a rollback while a table has values of it, or may have some", async () => {
    await client.query(`UPDATE app_person SET "At".city = 'c', v7_extra = '(s,c)'`);
    await client.query("ALTER TABLE app_secret ENABLE ROW LEVEL SECURITY");
    await client.query("ALTER TABLE app_secret FORCE ROW LEVEL SECURITY");
    const { obstacles } = await planned(request, prepareRollback);
    expect(obstacles.map(({ found }) => found)).toStrictEqual([
      values('"At"', "app_person", "city"),
      values('"at"', "app_secret", "city", "may have"),
    ]);
    expect((await faultOf(() => rollbackDirective(request))).code).toBe("ROLLBACK_BLOCKED");
    await client.query(`UPDATE app_person SET "At".city = NULL`);
    await client.query("ALTER TABLE app_secret DISABLE ROW LEVEL SECURITY");
    expect((await rollbackDirective(request)).undone).toHaveLength(1);
  });
});
