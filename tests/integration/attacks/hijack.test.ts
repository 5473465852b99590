import type { Client } from "pg";
import { readProgress } from "../../../cli/status/progress";
import { adoptDirectives } from "../../../runner/actions/adopt";
import { applyDirective } from "../../../runner/actions/apply";
import { repairDrift } from "../../../runner/actions/repair";
import { restoreArchive } from "../../../runner/actions/restore";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { formatDifference } from "../../../runner/catalog/compare";
import { checkDrift } from "../../../runner/drift/checkDrift";
import type { PreparedPlan } from "../../../runner/plan/plan";
import { preparePlan, prepareRollback } from "../../../runner/plan/preparePlan";
import { withConnection } from "../../../runner/postgres/connection";
import { isProtected } from "../../../runner/postgres/protection";
import { rehearse } from "../../../runner/rehearsal/rehearse";
import { connectionOf, requestFor, type TestRequest } from "../../support/directive";
import { grantAll, makeRoles } from "../../support/drift";
import { MAJORS } from "../../support/majors";
import { serverOfFile, type TestDatabase } from "../../support/postgres";
import { firedTraps, makePlanter, plantBeforeBuiltIns, plantInPublic } from "../../support/traps";

const LOGINS = ["Supabase's postgres", "a superuser"] as const;

const SETTINGS = MAJORS.flatMap((major) => LOGINS.map((login) => ({ major, login })));

describe.each(SETTINGS)("planted code on PostgreSQL $major, as $login,", ({ major, login }) => {
  const server = serverOfFile({ major });

  async function open(
    unprotected = true,
  ): Promise<{ admin: Client; database: TestDatabase; request: TestRequest }> {
    const database = await server().createDatabase({ shape: "supabase", unprotected });
    const admin = await database.connect(server().superuser);
    await makePlanter(admin);
    const connection =
      login === "a superuser"
        ? {
            ...connectionOf(database),
            user: server().superuser,
            password: server().superuserPassword,
          }
        : connectionOf(database);
    return { admin, database, request: await requestFor(connection) };
  }

  const planOf = (request: TestRequest): Promise<PreparedPlan> =>
    withConnection(request.connection, (client) => preparePlan(client, request));

  it("never fires in any action when the path has it before the built-in names", async () => {
    const { admin, database, request } = await open();
    await withConnection(request.connection, (client) => makeRoles(client, request.access));
    await plantBeforeBuiltIns(admin, database.name, request.connection.user);
    expect((await planOf(request)).obstacles).toStrictEqual([]);
    expect((await rehearse({ ...request, action: "apply" }))?.differences).toStrictEqual([]);
    await applyDirective(request);
    await applyDirective(request);
    await withConnection(request.connection, async (client) => {
      await grantAll(client, request.access);
      expect((await readProgress(client))?.phases).toHaveLength(1);
      await client.query(
        "INSERT INTO public.file_audit (file_path, v7_target_name) VALUES ('a.ts', 'A'); DROP INDEX public.idx_test_results_status",
      );
    });
    await repairDrift(request);
    const { findings } = await checkDrift(request.connection, request);
    expect(findings.map(formatDifference)).toStrictEqual([]);
    await rollbackDirective(request);
    await applyDirective(request);
    await restoreArchive(request);
    expect(firedTraps(server())).toStrictEqual([]);
  });

  it("in public is an obstacle that the plan names, and never fires", async () => {
    const { admin, request } = await open();
    await plantInPublic(admin);
    const { obstacles } = await planOf(request);
    const found = obstacles.map((one) => one.found).join("\n");
    expect(found).toContain("aggregate public.count(uuid), which PostgreSQL may take");
    expect(found).toContain("operator public.=(character varying,text), which");
    await expect(applyDirective(request)).rejects.toThrow("PRECHECK_FAILED");
    await expect(adoptDirectives(request)).rejects.toThrow("ADOPT_REFUSED");
    expect(firedTraps(server())).toStrictEqual([]);
  });

  it("in public never fires in drift, status, a rollback's plan or an apply with nothing pending", async () => {
    const { admin, request } = await open();
    await applyDirective(request);
    await plantInPublic(admin);
    await checkDrift(request.connection, request);
    await withConnection(request.connection, async (client) => {
      await readProgress(client);
      await prepareRollback(client, request);
    });
    await applyDirective(request);
    expect(firedTraps(server())).toStrictEqual([]);
  });

  it("cannot make a database unprotected", async () => {
    const { admin, database, request } = await open(false);
    await admin.query(`SET ROLE app;
      CREATE FUNCTION public.cat(name, text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN IF current_user <> 'app' THEN
        EXECUTE 'ALTER DATABASE ${database.name} SET v7.unprotected = ''on'''; EXECUTE 'GRANT ALL ON public.file_audit TO app'; END IF;
        RETURN $1::text OPERATOR(pg_catalog.||) $2; END $$;
      CREATE OPERATOR public.|| (LEFTARG = name, RIGHTARG = text, FUNCTION = public.cat);
      RESET ROLE`);
    const first = await planOf(request);
    const second = await planOf(request);
    expect([first.isProtected, second.isProtected]).toStrictEqual([true, true]);
    expect(await isProtected(admin)).toBe(true);
    const { rows } = await admin.query(
      "SELECT has_table_privilege('app', 'file_audit', 'SELECT') AS may",
    );
    expect(rows).toEqual([{ may: false }]);
  });

  it("is a difference when a view is bound to it", async () => {
    const { admin, request } = await open();
    await applyDirective(request);
    await admin.query(`
      CREATE AGGREGATE public.count(uuid) (SFUNC = int8inc_any, STYPE = bigint, INITCOND = '0')`);
    const { rows } = await admin.query<{ text: string }>(
      "SELECT pg_get_viewdef('v7_migration_dashboard'::regclass) AS text",
    );
    await admin.query(
      `SET search_path = public; CREATE OR REPLACE VIEW v7_migration_dashboard AS ${(rows[0]?.text ?? "").replaceAll("pg_catalog.count", "count")}`,
    );
    const { findings } = await checkDrift(request.connection, request);
    const view = findings.find(({ object }) => object === "view public.v7_migration_dashboard");
    expect(view?.details.join("\n")).toContain(
      'boundTo: nothing -> ["public.count(pg_catalog.uuid)"]',
    );
  });
});
