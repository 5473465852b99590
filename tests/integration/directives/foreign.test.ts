import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { readLock } from "../../../runner/directive/readLock";
import { applyRequest, planned, type TestRequest } from "../../support/directive";
import { driftOf, grantAll, makeRoles } from "../../support/drift";
import { laterDirective, lockLater } from "../../support/laterDirective";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { removeCopies } from "../../support/sqlFolder";

/** Only a superuser can make a wrapper: the application has one that postgres may use. */
const WRAPPER =
  "CREATE FOREIGN DATA WRAPPER app_fdw; GRANT USAGE ON FOREIGN DATA WRAPPER app_fdw TO postgres;";
const SERVER = "CREATE SERVER app_server FOREIGN DATA WRAPPER app_fdw;";

/** Statements on foreign objects, each with its inverse, a change by hand, and the drift that this is. */
const STEPS = [
  {
    sql: "CREATE SERVER v7_server TYPE 'x' VERSION '1' FOREIGN DATA WRAPPER app_fdw OPTIONS (host 'h')",
    inverse: "DROP SERVER v7_server",
    mutation: "ALTER SERVER v7_server OPTIONS (SET host 'i')",
    drift: 'changed: foreign server v7_server (foreignOptions: ["host=h"] -> ["host=i"])',
  },
  {
    sql: "CREATE FOREIGN TABLE v7_far (id integer OPTIONS (called 'x') NOT NULL, t text) SERVER app_server OPTIONS (of 'y')",
    inverse: "DROP FOREIGN TABLE v7_far",
    mutation: "ALTER FOREIGN TABLE v7_far OPTIONS (DROP of)",
    drift: 'changed: foreign table public.v7_far (foreignOptions: ["of=y"] -> nothing)',
  },
  {
    sql: "CREATE USER MAPPING FOR PUBLIC SERVER app_server",
    inverse: "DROP USER MAPPING FOR PUBLIC SERVER app_server",
    mutation: "DROP USER MAPPING FOR PUBLIC SERVER app_server",
    drift: "missing: user mapping app_server.PUBLIC",
  },
  {
    sql: "ALTER SERVER app_server OPTIONS (ADD host 'h')",
    inverse: "ALTER SERVER app_server OPTIONS (DROP host)",
    mutation: "ALTER SERVER app_server OPTIONS (DROP host)",
    drift: 'changed: foreign server app_server (foreignOptions: ["host=h"] -> nothing)',
  },
] as const;

describe.each(MAJORS)("a directive of foreign objects on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major }, removeCopies);
  let folder: string;
  let request: TestRequest;
  let client: Client;

  beforeAll(async () => {
    const application = `RESET ROLE; ${WRAPPER} SET ROLE postgres; ${SERVER}\n`;
    folder = await laterDirective(application, STEPS);
    await lockLater(folder, major);
    const database = await server().createDatabase({ shape: "supabase", unprotected: true });
    await (await database.connect(server().superuser)).query(WRAPPER);
    client = await database.connect();
    await client.query(SERVER);
    request = await applyRequest(database, folder);
    await makeRoles(client, request.access);
  });

  it("is locked with a proved inverse for each step", () => {
    const { steps } = readLock(folder, "ad_006");
    expect(steps.map(({ inverse }) => inverse.proof)).toStrictEqual(STEPS.map(() => "proved"));
  });

  it("is planned without an obstacle", async () => {
    expect((await planned(request)).obstacles).toStrictEqual([]);
  });

  it("is applied, shows no drift, and is rolled back", async () => {
    await applyDirective(request);
    await grantAll(client, request.access);
    expect(await driftOf(client, request)).toStrictEqual([]);
    for (const { mutation, drift } of STEPS) {
      await client.query("BEGIN");
      await client.query(mutation);
      expect(await driftOf(client, request)).toStrictEqual([drift]);
      await client.query("ROLLBACK");
    }
    const { undone } = await rollbackDirective({ ...request, to: "ad_005" });
    expect(undone).toHaveLength(STEPS.length);
  });
});
