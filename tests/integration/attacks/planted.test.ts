import { readDashboard } from "../../../cli/status/dashboard";
import { readProgress } from "../../../cli/status/progress";
import { applyDirective } from "../../../runner/actions/apply";
import { readHistory } from "../../../runner/history/history";
import { preparePlan } from "../../../runner/plan/preparePlan";
import { withConnection } from "../../../runner/postgres/connection";
import { connectionOf, requestFor } from "../../support/directive";
import { faultOf } from "../../support/faults";
import { serverOfFile } from "../../support/postgres";
import { firedTraps, makePlanter } from "../../support/traps";

const COLUMNS = `position integer, recorded_at timestamptz, action text, directive text, step_id text, step_kind text,
  step_sha256 text, plan_digest text, duration_ms numeric, applied_by text, server_version text, runner_version text,
  details jsonb, previous_digest text, digest text`;

const TRAP = `BEGIN RAISE LOG 'TRAP fired as %', current_user; RETURN`;

const BAITS = {
  "a column's cast": `
    CREATE TYPE v7_control.number AS ENUM ('1');
    CREATE FUNCTION v7_control.cast(v7_control.number) RETURNS float8 LANGUAGE plpgsql AS $$ ${TRAP} 1; END $$;
    CREATE CAST (v7_control.number AS float8) WITH FUNCTION v7_control.cast;
    CREATE TABLE v7_control.history (${COLUMNS.replace("duration_ms numeric", "duration_ms v7_control.number")});
    INSERT INTO v7_control.history (position, duration_ms) VALUES (1, '1')`,
  "a policy": `
    CREATE FUNCTION v7_control.trap() RETURNS boolean LANGUAGE plpgsql AS $$ ${TRAP} true; END $$;
    CREATE TABLE v7_control.history (${COLUMNS});
    INSERT INTO v7_control.history (position) VALUES (1);
    ALTER TABLE v7_control.history ENABLE ROW LEVEL SECURITY;
    CREATE POLICY trap ON v7_control.history USING (v7_control.trap())`,
};

describe.each([15, 18] as const)(
  "a history that somebody else planted, on PostgreSQL %i,",
  (major) => {
    const server = serverOfFile({ major });

    it.each(Object.entries(BAITS))("with %s runs nothing of theirs", async (_, bait) => {
      const database = await server().createDatabase({ shape: "supabase" });
      const admin = await database.connect(server().superuser, server().superuserPassword);
      await makePlanter(admin);
      await admin.query(
        `DO $$ BEGIN CREATE ROLE v7_deployer LOGIN PASSWORD 'x'; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
       GRANT CREATE ON DATABASE "${database.name}" TO app, v7_deployer;
       SET ROLE app; CREATE SCHEMA v7_control; ${bait};
       GRANT ALL ON SCHEMA v7_control TO PUBLIC; GRANT ALL ON v7_control.history TO PUBLIC; RESET ROLE`,
      );
      const before = firedTraps(server()).length;
      const own = connectionOf(database);
      for (const [user, password] of [
        [own.user, own.password],
        [server().superuser, server().superuserPassword],
        ["v7_deployer", "x"],
      ] as const) {
        const connection = { ...own, user, password };
        const request = await requestFor(connection);
        for (const read of [readHistory, (client: never) => preparePlan(client, request)]) {
          const { code } = await faultOf(() =>
            withConnection(connection, read as typeof readHistory),
          );
          expect(code).toBe("HISTORY_BROKEN");
        }
      }
      expect(firedTraps(server()).slice(before)).toStrictEqual([]);
    });
  },
);

describe.each([15, 18] as const)("v7 status on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major });

  it.each([
    [
      "a view in place of a table",
      `ALTER TABLE file_audit RENAME TO former;
       CREATE VIEW file_audit AS SELECT CASE WHEN trap() THEN 'x' END AS v7_workflow_status, 1 AS id`,
    ],
    [
      "a policy",
      "CREATE POLICY bait ON file_audit USING (trap()); ALTER TABLE file_audit ENABLE ROW LEVEL SECURITY",
    ],
    [
      "the cast of a column's type",
      `CREATE TYPE bait AS ENUM ('completed');
       CREATE FUNCTION bait_text(bait) RETURNS text LANGUAGE sql AS $$ SELECT public.trap()::text $$;
       CREATE CAST (bait AS text) WITH FUNCTION bait_text AS IMPLICIT;
       ALTER TABLE file_audit DROP COLUMN v7_workflow_status, ADD COLUMN v7_workflow_status bait`,
    ],
  ])("runs nothing by %s", async (_, bait) => {
    const database = await server().createDatabase({ shape: "supabase", unprotected: true });
    const admin = await database.connect(server().superuser, server().superuserPassword);
    await makePlanter(admin);
    await applyDirective(await requestFor(connectionOf(database)));
    await admin.query(
      `DO $$ BEGIN CREATE ROLE v7_reads LOGIN PASSWORD 'x'; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
       GRANT pg_read_all_data TO v7_reads; INSERT INTO file_audit (file_path) VALUES ('a');
       DROP VIEW v7_migration_dashboard; ALTER TABLE file_audit OWNER TO app; SET ROLE app;
       CREATE FUNCTION trap() RETURNS boolean LANGUAGE plpgsql AS $$ ${TRAP} true; END $$; ${bait}; RESET ROLE`,
    );
    const before = firedTraps(server()).length;
    for (const [user, password] of [
      [server().superuser, server().superuserPassword],
      ["v7_reads", "x"],
    ] as const) {
      const connection = { ...connectionOf(database), user, password };
      await withConnection(connection, readProgress).catch(() => undefined);
      await withConnection(connection, readDashboard).catch(() => undefined);
    }
    expect(firedTraps(server()).slice(before)).toStrictEqual([]);
  });
});
