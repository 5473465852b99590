import { readProgress } from "../../../cli/status/progress";
import { applyDirective } from "../../../runner/actions/apply";
import { revoke } from "../../../runner/actions/revoke";
import type { Fault } from "../../../runner/base/fault";
import { readHistory } from "../../../runner/history/history";
import { preparePlan } from "../../../runner/plan/preparePlan";
import { withConnection } from "../../../runner/postgres/connection";
import { connectionOf, requestFor } from "../../support/directive";
import { faultOf } from "../../support/faults";
import { MAJORS } from "../../support/majors";
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

describe.each(MAJORS)("a history that somebody else planted, on PostgreSQL %i,", (major) => {
  const server = serverOfFile({ major });

  it.each(Object.entries(BAITS))("with %s runs no planted code", async (_, bait) => {
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
    await admin.query("SET ROLE v7_deployer; SELECT duration_ms::float8 FROM v7_control.history");
    expect(firedTraps(server()).length).toBeGreaterThan(before);
  });
});

const WRITE_BAITS = {
  "a trigger": `
    CREATE FUNCTION v7_control.trap() RETURNS trigger LANGUAGE plpgsql AS $$ ${TRAP} NEW; END $$;
    CREATE TABLE v7_control.history (${COLUMNS});
    CREATE TRIGGER trap BEFORE INSERT ON v7_control.history FOR EACH ROW EXECUTE FUNCTION v7_control.trap()`,
  "a rule": `
    CREATE FUNCTION v7_control.trap() RETURNS boolean LANGUAGE plpgsql AS $$ ${TRAP} true; END $$;
    CREATE TABLE v7_control.history (${COLUMNS});
    CREATE RULE trap AS ON INSERT TO v7_control.history DO ALSO SELECT v7_control.trap()`,
  "a constraint": `
    CREATE FUNCTION v7_control.trap(text) RETURNS boolean LANGUAGE plpgsql AS $$ ${TRAP} true; END $$;
    CREATE TABLE v7_control.history (${COLUMNS}, CHECK (v7_control.trap(action)))`,
  "a constraint by an operator": `
    CREATE FUNCTION v7_control.trap(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ ${TRAP} true; END $$;
    CREATE OPERATOR v7_control.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = v7_control.trap);
    CREATE TABLE v7_control.history (${COLUMNS}, CHECK (action OPERATOR(v7_control.===) 'x'))`,
  "an index": `
    CREATE FUNCTION v7_control.trap(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ ${TRAP} true; END $$;
    CREATE TABLE v7_control.history (${COLUMNS});
    CREATE INDEX ON v7_control.history (v7_control.trap(action))`,
  "a partial index": `
    CREATE FUNCTION v7_control.trap(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ ${TRAP} true; END $$;
    CREATE TABLE v7_control.history (${COLUMNS});
    CREATE INDEX ON v7_control.history (action) WHERE v7_control.trap(action)`,
  "a generated column": `
    CREATE FUNCTION v7_control.trap(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ ${TRAP} true; END $$;
    CREATE TABLE v7_control.history (${COLUMNS}, trapped boolean GENERATED ALWAYS AS (v7_control.trap(action)) STORED)`,
  "a default": `
    CREATE FUNCTION v7_control.trap() RETURNS boolean LANGUAGE plpgsql AS $$ ${TRAP} true; END $$;
    CREATE TABLE v7_control.history (${COLUMNS}, trapped boolean DEFAULT v7_control.trap())`,
  "an operator class": `
    CREATE FUNCTION v7_control.trap(text, text) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$ ${TRAP} 1; END $$;
    CREATE OPERATOR CLASS v7_control.trap FOR TYPE text USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =,
      OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 v7_control.trap(text, text);
    CREATE TABLE v7_control.history (${COLUMNS});
    CREATE INDEX ON v7_control.history (action v7_control.trap)`,
};

describe.each(MAJORS)("v7 revoke on PostgreSQL %i, before the first run,", (major) => {
  const server = serverOfFile({ major });

  it.each(Object.entries(WRITE_BAITS))(
    "runs no code of a planted history with %s",
    async (_, bait) => {
      const database = await server().createDatabase({ shape: "supabase" });
      const admin = await database.connect(server().superuser, server().superuserPassword);
      await makePlanter(admin);
      // Only a superuser may create an operator class; what counts here is who owns the table.
      await admin.query(
        `CREATE SCHEMA v7_control AUTHORIZATION app; ${bait}; ALTER TABLE v7_control.history OWNER TO app;
         GRANT ALL ON SCHEMA v7_control TO PUBLIC; GRANT ALL ON v7_control.history TO PUBLIC`,
      );
      const before = firedTraps(server()).length;
      const own = connectionOf(database);
      const { superuser: user, superuserPassword: password } = server();
      for (const connection of [own, { ...own, user, password }]) {
        const request = await requestFor(connection);
        const revoked = { kind: "plan", value: "0".repeat(64) } as const;
        const { code } = await faultOf(() => revoke({ ...request, revoked, reason: "" }));
        expect(code).toBe("HISTORY_BROKEN");
      }
      expect(firedTraps(server()).slice(before)).toStrictEqual([]);
      await admin.query(
        "INSERT INTO v7_control.history (position, action) VALUES (1, 'a'), (2, 'b')",
      );
      expect(firedTraps(server()).length).toBeGreaterThan(before);
    },
  );
});

describe.each(MAJORS)("v7 status on PostgreSQL %i", (major) => {
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
  ])("runs no planted code through %s", async (_, bait) => {
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
      const outcome = await withConnection(connection, readProgress).then(
        () => "read",
        (error: unknown) => (error as Fault).code,
      );
      expect(["read", "PRECHECK_FAILED"]).toContain(outcome);
    }
    expect(firedTraps(server()).slice(before)).toStrictEqual([]);
    await admin.query("SET ROLE v7_reads; SELECT v7_workflow_status::text FROM file_audit");
    expect(firedTraps(server()).length).toBeGreaterThan(before);
  });
});
