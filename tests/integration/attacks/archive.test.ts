import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { listArchives } from "../../../runner/actions/restorable";
import { prepareRestore, restoreArchive } from "../../../runner/actions/restore";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { withConnection } from "../../../runner/postgres/connection";
import { connectionOf, requestFor, type TestRequest } from "../../support/directive";
import { faultOf } from "../../support/faults";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { firedTraps, makePlanter } from "../../support/traps";

const LOGINS = ["Supabase's postgres", "a superuser"] as const;
const MARK = "20991231t000000_aaaaaaaa";
const PLANTED = `v7_archive."v7_test_results_${MARK}"`;

const TRAP = `CREATE SCHEMA v7_archive;
  CREATE FUNCTION v7_archive.trap(anyelement) RETURNS text LANGUAGE plpgsql AS $$
    BEGIN RAISE LOG 'TRAP fired as %', current_user; RETURN 'x'; END $$;
  GRANT ALL ON SCHEMA v7_archive TO PUBLIC;
  CREATE TABLE v7_archive."other_${MARK}" ();`;

const BAITS = {
  view: `CREATE VIEW ${PLANTED} AS SELECT v7_archive.trap(1) AS component_tested`,
  cast: `CREATE TABLE ${PLANTED} AS SELECT 'x' AS component_tested;
    CREATE FUNCTION v7_archive.cast(${PLANTED}) RETURNS text LANGUAGE sql AS 'SELECT v7_archive.trap(1)';
    CREATE CAST (${PLANTED} AS text) WITH FUNCTION v7_archive.cast`,
};

describe.each(MAJORS.flatMap((major) => LOGINS.map((login) => ({ major, login }))))(
  "an archive that somebody else planted, on PostgreSQL $major, as $login,",
  ({ major, login }) => {
    const server = serverOfFile({ major });

    async function open(): Promise<{ admin: Client; request: TestRequest }> {
      const database = await server().createDatabase({ shape: "supabase", unprotected: true });
      const admin = await database.connect(server().superuser);
      await makePlanter(admin);
      await admin.query(`GRANT CREATE ON DATABASE "${database.name}" TO app`);
      const { superuser: user, superuserPassword: password } = server();
      const own = connectionOf(database);
      const connection = login === "a superuser" ? { ...own, user, password } : own;
      return { admin, request: await requestFor(connection) };
    }

    it.each(Object.entries(BAITS))("with a %s runs nothing", async (_, bait) => {
      const { admin, request } = await open();
      await applyDirective(request);
      await admin.query(
        `SET ROLE app; ${TRAP} ${bait}; GRANT SELECT ON ALL TABLES IN SCHEMA v7_archive TO PUBLIC; RESET ROLE`,
      );
      const fired = firedTraps(server()).length;
      expect(await withConnection(request.connection, listArchives)).toStrictEqual([]);
      for (const archive of [{}, { archive: MARK }]) {
        const one = { ...request, ...archive };
        const prepare = (): Promise<unknown> =>
          withConnection(request.connection, (client) => prepareRestore(client, one));
        expect((await faultOf(prepare)).code).toBe("RESTORE_REFUSED");
        expect((await faultOf(() => restoreArchive(one))).code).toBe("RESTORE_REFUSED");
      }
      expect(firedTraps(server()).slice(fired)).toStrictEqual([]);
      // They fire when somebody reads the table without care, so that this test can fail.
      await admin.query(
        `SET ROLE postgres; SELECT (one.*)::text FROM ${PLANTED} AS one; RESET ROLE`,
      );
      expect(firedTraps(server()).length).toBeGreaterThan(fired);
    });

    it("blocks a rollback instead of receiving its rows", async () => {
      const { admin, request } = await open();
      await applyDirective(request);
      await admin.query(`SET ROLE app; ${TRAP} RESET ROLE`);
      await admin.query(
        "INSERT INTO v7_test_results (test_type, component_tested, test_status) VALUES ('unit', 'x', 'pass')",
      );
      const { code, message } = await faultOf(() => rollbackDirective(request));
      expect(code).toBe("ROLLBACK_BLOCKED");
      expect(message).toContain('the schema "v7_archive", which belongs to "app"');
    });
  },
);

describe.each(MAJORS)("a table that somebody else owns, on PostgreSQL %i,", (major) => {
  const server = serverOfFile({ major });

  it.each([
    ["default", "ALTER TABLE file_audit ALTER COLUMN v7_impact_score SET DEFAULT length(trap(1))"],
    [
      "default of a type",
      `CREATE DOMAIN bait AS text CHECK (trap(1) IS NOT NULL);
       ALTER TABLE file_audit ALTER COLUMN v7_impact_score SET DEFAULT length('x'::bait)`,
    ],
    [
      "cast of its key",
      `CREATE TYPE bait AS ENUM ('a');
       CREATE FUNCTION bait_text(bait) RETURNS text LANGUAGE sql AS 'SELECT public.trap(1)';
       CREATE CAST (bait AS text) WITH FUNCTION bait_text;
       ALTER TABLE file_audit DROP CONSTRAINT file_audit_pkey, ADD COLUMN key bait PRIMARY KEY DEFAULT 'a'`,
    ],
  ])("runs no %s in a rollback", async (_, bait) => {
    const database = await server().createDatabase({ shape: "supabase", unprotected: true });
    const admin = await database.connect(server().superuser);
    await makePlanter(admin);
    await admin.query("ALTER TABLE file_audit OWNER TO app; GRANT app TO postgres");
    const request = await requestFor(connectionOf(database));
    await applyDirective(request);
    await admin.query(
      `INSERT INTO file_audit (file_path, v7_impact_score) VALUES ('a', 1); SET ROLE app;
       CREATE FUNCTION trap(anyelement) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE LOG 'TRAP fired as %', current_user; RETURN 'x'; END $$;
       ${bait}; RESET ROLE`,
    );
    const fired = firedTraps(server()).length;
    const { archived } = await rollbackDirective(request);
    expect(firedTraps(server()).slice(fired)).toStrictEqual([]);
    expect(archived.map(({ from, rows }) => [from, rows])).toContainEqual(["public.file_audit", 1]);
  });
});
