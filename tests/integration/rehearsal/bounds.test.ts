import { messageOf } from "../../../runner/base/fault";
import { startThrowaway, type ThrowawayServer } from "../../../runner/embedded";
import { BOUNDS, SERVER_SETTINGS } from "../../../runner/rehearsal/bounds";
import { rehearse } from "../../../runner/rehearsal/rehearse";
import type { RehearseRequest } from "../../../runner/rehearsal/rehearsedTarget";
import { makeBuilder } from "../../../runner/rehearsal/roles";
import { openPlanSession, openSession, superuserOf } from "../../../runner/rehearsal/sessions";
import { applyRequest } from "../../support/directive";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";

describe.each(MAJORS)("the builder of a rehearsal on PostgreSQL %i", (major) => {
  let server: ThrowawayServer;

  beforeAll(async () => {
    server = await startThrowaway(major, SERVER_SETTINGS, { superuser: "v7_superuser_test" });
  });

  afterAll(async () => {
    await server.stop();
  });

  it("has a session for the plan whose errors name objects and quote no values", async () => {
    const superuser = await openSession(server, superuserOf(server), BOUNDS, "postgres");
    await superuser.query("CREATE DATABASE rehearsal");
    await superuser.end();
    const client = await openPlanSession(server, superuserOf(server), BOUNDS);
    await client.query("CREATE TABLE public.t (c text CHECK (c <> 'a-value'))");
    for (const sql of [
      "SELECT 'a-value'::integer",
      "INSERT INTO public.t VALUES ('a-value')",
      "DO $$ BEGIN RAISE 'a-value' USING DETAIL = 'a-value', HINT = 'a-value'; END $$",
    ]) {
      const error: unknown = await client.query(sql).catch((thrown: unknown) => thrown);
      expect(JSON.stringify({ ...(error as object), text: messageOf(error) })).not.toContain(
        "a-value",
      );
    }
    await expect(client.query("SELECT missing FROM public.t")).rejects.toThrow(
      'column "missing" does not exist',
    );
    await client.end();
  });

  it("cannot use files, programs, other servers or other roles", async () => {
    const superuser = await openSession(server, superuserOf(server), BOUNDS, "postgres");
    const login = await makeBuilder(superuser);
    const builder = await openSession(server, login, BOUNDS);
    const refused = [
      "SELECT pg_read_file('/etc/passwd')",
      "SELECT pg_ls_dir('/')",
      "SELECT lo_import('/etc/passwd')",
      "COPY (SELECT 1) TO '/tmp/v7-builder'",
      "COPY (SELECT 1) TO PROGRAM 'true'",
      "CREATE EXTENSION dblink",
      "CREATE EXTENSION file_fdw",
      "SET ROLE v7_superuser_test",
      "SET SESSION AUTHORIZATION v7_superuser_test",
      "ALTER SYSTEM SET work_mem = '1GB'",
      "SET temp_file_limit = -1",
      "CREATE ROLE another",
    ];
    for (const sql of refused) {
      await expect(builder.query(sql)).rejects.toMatchObject({ code: "42501" });
    }
    await builder.query("RESET ROLE; RESET SESSION AUTHORIZATION");
    const { rows } = await builder.query(
      `SELECT session_user = $1 AS same, rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls AS power,
              (SELECT count(*)::integer FROM pg_auth_members WHERE member = r.oid) AS memberships
         FROM pg_roles r WHERE rolname = session_user`,
      [login.user],
    );
    expect(rows).toStrictEqual([{ same: true, power: false, memberships: 0 }]);
    await builder.end();
    await superuser.end();
  });
});

describe("a rehearsal", () => {
  const server = serverOfFile({ major: 17 });

  /** So many rows that generating them takes until a bound ends it, on any machine. */
  const requestWithManyRows = async (): Promise<RehearseRequest> => {
    const database = await server().createDatabase({ shape: "supabase" });
    const admin = await database.connect(server().superuser);
    await admin.query(
      "UPDATE pg_class SET reltuples = 100000000, relpages = 1 WHERE relname = 'file_audit'",
    );
    return { ...(await applyRequest(database)), maxRows: 100_000_000 };
  };

  it.each([
    [{ wholeSeconds: 0 }, "it took longer than 0 s"],
    [{ diskBytes: 1024 ** 2 }, "it took more than 1 MB of disk"],
  ])("is stopped by its bounds, and says so: %j", async (bounds, why) => {
    const request = await requestWithManyRows();
    await expect(rehearse({ ...request, bounds: { ...BOUNDS, ...bounds } })).rejects.toThrow(
      `REHEARSAL_FAILED: rehearsing the plan: found the rehearsal was stopped: ${why}`,
    );
  });

  it("continues without rows that take too long", async () => {
    const rehearsal = await rehearse({
      ...(await requestWithManyRows()),
      bounds: { ...BOUNDS, statementSeconds: 2 },
    });
    expect(rehearsal?.omitted).toStrictEqual(['rows of "public.file_audit": SQLSTATE 57014']);
    expect(rehearsal?.tables).toStrictEqual([
      { name: "public.file_audit", targetRows: 100_000_000, rehearsedRows: 0 },
    ]);
  });

  it("runs a superuser's plan without the attribute SUPERUSER, and says so", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const { connection, ...request } = await applyRequest(database);
    const rehearsal = await rehearse({
      ...request,
      connection: {
        ...connection,
        user: server().superuser,
        password: server().superuserPassword,
      },
    });
    expect(rehearsal?.differences).toStrictEqual([]);
    expect(rehearsal?.omitted).toStrictEqual([
      `attribute SUPERUSER of "${server().superuser}": the plan ran without it, as a member of the owners`,
    ]);
    expect(rehearsal?.accessAfter.map(({ role }) => role)).not.toContain(server().superuser);
  });
});
