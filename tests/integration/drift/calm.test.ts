import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import { formatDifference } from "../../../runner/catalog/compare";
import {
  verifyDatabase,
  type Verification,
  type VerifyRequest,
} from "../../../runner/drift/verify";
import { withConnection } from "../../../runner/postgres/connection";
import { connectionOf } from "../../support/directive";
import { carriedOut, makeRoles } from "../../support/drift";
import { dumpStatements } from "../../support/dump";
import { MAJORS } from "../../support/majors";
import { serverOfFile, startTestServer, type TestDatabase } from "../../support/postgres";

const server = serverOfFile({ major: 17 });
let database: TestDatabase;
let request: VerifyRequest;
let before: Verification;
let owner: Client;
let superuser: Client;

beforeAll(async () => {
  ({ database, request } = await carriedOut(server()));
  owner = await database.connect();
  superuser = await database.connect(server().superuser);
  before = await look();
});

/** As the check does: on a connection of its own. */
async function look(target: TestDatabase = database): Promise<Verification> {
  return await withConnection(connectionOf(target), (client) => verifyDatabase(client, request));
}

/** No drift, nothing pending, and the same fingerprint as before. */
async function expectCalm(target: TestDatabase = database): Promise<void> {
  const { differences, pending, schemaFingerprint } = await look(target);
  expect(differences.map(formatDifference)).toStrictEqual([]);
  expect(pending).toStrictEqual([]);
  expect(schemaFingerprint).toBe(before.schemaFingerprint);
}

describe("no drift is found after", () => {
  it("rows are written, changed and deleted in every table", async () => {
    await owner.query(`
      INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona)
        SELECT n, 'phase ' || n, 'L8' FROM generate_series(60, 500) n;
      UPDATE v7_migration_workflow SET status = 'approved', approved_by = 'The Architect' WHERE phase_number > 100;
      DELETE FROM v7_migration_workflow WHERE phase_number > 300;
      UPDATE file_audit SET v7_workflow_status = 'completed', v7_target_name = file_path;
      UPDATE v7_enum_migrations SET status = 'retired'; UPDATE v7_test_results SET notes = repeat('x', 100000);
      DELETE FROM v7_global_impacts`);
    await expectCalm();
  });

  it("VACUUM, VACUUM FULL, ANALYZE, REINDEX and CHECKPOINT", async () => {
    for (const statement of [
      "VACUUM v7_migration_workflow",
      "VACUUM (FULL, ANALYZE) v7_migration_workflow",
      "VACUUM (FULL) file_audit",
      "ANALYZE",
      "REINDEX TABLE v7_migration_workflow",
      "REINDEX INDEX CONCURRENTLY idx_file_audit_v7_status",
      "CHECKPOINT",
    ]) {
      await superuser.query(statement);
    }
    await expectCalm();
  });

  it("others change tables, roles, extensions and privileges of their own", async () => {
    await superuser.query(`
      CREATE EXTENSION IF NOT EXISTS plpgsql;
      CREATE ROLE unrelated LOGIN CREATEDB; CREATE ROLE unrelated_group; GRANT unrelated_group TO unrelated WITH ADMIN OPTION;
      CREATE SCHEMA elsewhere AUTHORIZATION unrelated;
      CREATE TABLE elsewhere.v7_test_results (id int PRIMARY KEY, notes varchar(3)); CREATE INDEX ON elsewhere.v7_test_results (notes);
      CREATE VIEW elsewhere.v7_migration_dashboard AS SELECT 1 AS one;
      CREATE FUNCTION elsewhere.refuse_change() RETURNS int LANGUAGE sql AS 'SELECT 1';
      GRANT ALL ON elsewhere.v7_test_results TO PUBLIC;
      ALTER DEFAULT PRIVILEGES FOR ROLE unrelated IN SCHEMA elsewhere GRANT ALL ON TABLES TO anon;
      ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT SELECT ON TABLES TO unrelated;
      ALTER ROLE unrelated SET search_path = elsewhere;
      CREATE TABLE public.v7_other (id int); GRANT SELECT ON public.v7_other TO anon;
      CREATE PUBLICATION everything FOR ALL TABLES;
      ALTER TABLE jobs ALTER COLUMN status SET STATISTICS 500; ALTER TABLE file_audit ALTER COLUMN file_path SET STATISTICS 500`);
    await expectCalm();
  });

  it("the owner of file_audit changes columns that are not the directive's", async () => {
    await owner.query(`
      ALTER TABLE file_audit ADD COLUMN their_own text DEFAULT 'x'; ALTER TABLE file_audit DROP COLUMN workflow;
      CREATE INDEX theirs ON file_audit (their_own); ALTER TABLE file_audit ADD CHECK (layer > 0);
      ALTER TABLE file_audit ENABLE ROW LEVEL SECURITY; GRANT SELECT ON file_audit TO anon;
      CREATE INDEX also_theirs ON file_audit (v7_review_status);
      COMMENT ON TABLE file_audit IS 'theirs'`);
    await expectCalm();
  });

  it("the locale, time zone, date style and search path of database and login change", async () => {
    await superuser.query(`
      ALTER DATABASE ${database.name} SET timezone = 'Asia/Kathmandu'; ALTER DATABASE ${database.name} SET datestyle = 'German';
      ALTER ROLE postgres SET search_path = elsewhere, public; ALTER ROLE postgres SET lc_monetary = 'C';
      ALTER ROLE postgres SET quote_all_identifiers = on; ALTER ROLE postgres SET intervalstyle = 'iso_8601'`);
    await expectCalm();
    await superuser.query("ALTER ROLE postgres RESET ALL");
  });

  it("a copy of the whole database, by CREATE DATABASE … TEMPLATE", async () => {
    const name = `${database.name}_copy`;
    const elsewhere = await server().createDatabase({ shape: "empty" });
    const admin = await elsewhere.connect();
    await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database.name}' AND pid <> pg_backend_pid()`,
    );
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${database.name} OWNER postgres`);
    // A copy does not take the database's settings along, and a protected one would miss its rows' approvals.
    await admin.query(`ALTER DATABASE ${name} SET v7.unprotected = 'on'`);
    await expectCalm({ ...database, name });
  });
});

it("no drift is found after a crash and the server's restart from its log", async () => {
  // The tests' servers do not wait for the disk; this one must keep what it committed.
  const settings = { fsync: "on", synchronous_commit: "on" };
  const other = await startTestServer({ major: 17, settings });
  try {
    const made = await carriedOut(other);
    const victim = await made.database.connect();
    const { rows } = await victim.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    process.kill(rows[0]?.pid ?? 0, "SIGKILL");
    // Every session ends with a backend that was killed, also one that connects while the server ends the others.
    await expect(victim.query("SELECT pg_sleep(5)")).rejects.toThrow(/terminat|ECONNRESET/);
    while (other.serverLog().split("ready to accept connections").length < 3) {
      await delay(50);
    }
    const found = await withConnection(connectionOf(made.database), (client) =>
      verifyDatabase(client, made.request),
    );
    expect(found.differences).toStrictEqual([]);
    expect(found.schemaFingerprint).toBe(before.schemaFingerprint);
  } finally {
    await other.stop();
  }
});

describe.each(MAJORS)("no drift is found on PostgreSQL %i", (major) => {
  const other = serverOfFile({
    major,
    settings: {
      timezone: "America/St_Johns",
      datestyle: "SQL, DMY",
      default_statistics_target: "10",
    },
  });

  it("with another time zone, date style and statistics target", async () => {
    const made = await carriedOut(other());
    const found = await withConnection(connectionOf(made.database), (client) =>
      verifyDatabase(client, made.request),
    );
    expect(found.differences).toStrictEqual([]);
    expect(found.schemaFingerprint).toBe(before.schemaFingerprint);
  });

  it("after a dump of PostgreSQL 17 is restored into it", async () => {
    const source = await carriedOut(server());
    const from = await source.database.connect(server().superuser);
    const statements = await dumpStatements(from, ["public", "v7_control"]);
    const { rows } = await from.query<{ rows: unknown }>(
      "SELECT jsonb_agg(h ORDER BY position)::text AS rows FROM v7_control.history h",
    );
    const target = await other().createDatabase({ shape: "supabase", unprotected: true });
    const to = await target.connect(other().superuser);
    await makeRoles(to, request.access);
    await to.query("DROP TABLE file_audit");
    for (const statement of statements) {
      await to.query(statement);
    }
    await to.query(
      "INSERT INTO v7_control.history SELECT * FROM jsonb_populate_recordset(NULL::v7_control.history, $1)",
      [rows[0]?.rows],
    );
    await expectCalm(target);
  });
});
