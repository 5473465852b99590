import { applyDirective } from "../../../runner/actions/apply";
import { describeRehearsal } from "../../../runner/rehearsal/rehearsalText";
import { rehearse } from "../../../runner/rehearsal/rehearse";
import { applied, applyRequest } from "../../support/directive";
import { fingerprintNow } from "../../support/drift";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { textOf } from "../../support/repository";

/** What a real file_audit may have: ENUM, domain, extension and generated columns, checks, indexes, a foreign key, a trigger. */
const OWN_FILE_AUDIT = `
  DROP TABLE file_audit;
  CREATE EXTENSION citext SCHEMA extensions;
  CREATE DOMAIN layer AS integer CHECK (VALUE BETWEEN 1 AND 7);
  CREATE TABLE projects (id integer PRIMARY KEY);
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TABLE file_audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    path extensions.citext NOT NULL UNIQUE,
    status task_status_enum NOT NULL,
    layer layer DEFAULT 1,
    project integer REFERENCES projects,
    size integer NOT NULL DEFAULT 0 CHECK (size >= 0),
    "Mixed Case" text NOT NULL,
    doubled integer GENERATED ALWAYS AS (size * 2) STORED,
    tags text[] NOT NULL,
    seen timestamptz NOT NULL
  );
  CREATE INDEX by_layer ON file_audit (layer) WHERE size > 10;
  CREATE TRIGGER touched BEFORE UPDATE ON file_audit FOR EACH ROW EXECUTE FUNCTION touch();
  INSERT INTO file_audit (path, status, "Mixed Case", tags, seen)
  SELECT 'f' || n, 'Queued', repeat('x', 40), '{}', now() FROM generate_series(1, 3000) n;
`;

describe.each(MAJORS)("a rehearsal on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major, logStatements: true });

  it("runs the plan on a server like the target, and only reads the target", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const client = await database.connect(server().superuser);
    await client.query(
      `SET ROLE postgres; ${OWN_FILE_AUDIT.replace("CREATE EXTENSION", "RESET ROLE; CREATE EXTENSION").replace("SCHEMA extensions;", "SCHEMA extensions; SET ROLE postgres;")}`,
    );
    await client.query("RESET ROLE; ANALYZE file_audit");
    const log = server().serverLog().length;
    const request = await applyRequest(database);
    const rehearsal = await rehearse(request);
    if (rehearsal === undefined) {
      throw new Error("nothing was rehearsed");
    }
    expect(rehearsal.differences).toStrictEqual([]);
    expect([...rehearsal.omitted].sort()).toStrictEqual([
      'foreign key "file_audit_project_fkey" of "public.file_audit"',
      'trigger touched of "public.file_audit"',
    ]);
    expect(rehearsal.tables).toStrictEqual([
      { name: "public.file_audit", targetRows: 3000, rehearsedRows: 3000 },
    ]);
    const of = (step: string): (typeof rehearsal.statements)[number] | undefined =>
      rehearsal.statements.find(({ stepId }) => stepId === step);
    expect(of("section_2")).toMatchObject({
      rewrites: [],
      scans: [],
      firstLine: "ALTER TABLE file_audit",
    });
    expect(of("section_2")?.locks).toContain("ACCESS EXCLUSIVE on public.file_audit");
    const indexing = rehearsal.statements.filter(({ stepId }) => stepId === "section_7")[1];
    expect(indexing?.scans).toStrictEqual([{ table: "public.file_audit", rows: 3000 }]);
    expect(rehearsal.locks[0]).toMatchObject({
      relation: "public.file_audit",
      mode: "ACCESS EXCLUSIVE",
      takenBy: "section_2",
      blocksReads: true,
    });
    expect(rehearsal.locks[0]?.heldMs).toBeGreaterThan(0);
    await applyDirective(request);
    expect(await fingerprintNow(request)).toBe(rehearsal.fingerprint);
    const statements = server().serverLog().slice(log).split("v7 apply")[0] ?? "";
    expect(statements).toMatch(/BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY/);
  });

  it("lists each role's privileges before and after the plan, also of the Data API's roles", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const rehearsal = await rehearse(await applyRequest(database));
    const access = (of: "accessBefore" | "accessAfter", role: string, object: string): unknown =>
      rehearsal?.[of].find((one) => one.role === role && one.object === object)?.privileges;
    expect(access("accessBefore", "anon", "public.file_audit")).toContain("SELECT");
    expect(access("accessAfter", "anon", "public.file_audit")).toContain("SELECT");
    expect(access("accessAfter", "anon", "public.v7_test_results")).toBeUndefined();
    expect(access("accessAfter", "v7_reader", "public.v7_test_results")).toStrictEqual(["SELECT"]);
    expect(access("accessAfter", "v7_agent", "public.v7_global_impacts")).toStrictEqual([
      "SELECT",
      expect.stringMatching(/^INSERT \(change_type, .*implementation_notes, updated_at\)$/),
      expect.stringMatching(/^UPDATE \(change_type/),
    ]);
    expect(describeRehearsal(rehearsal ?? fail())).toMatch(
      /v7_reader on public\.v7_test_results: nothing -> SELECT/,
    );
  });
});

describe("a rehearsal", () => {
  const server = serverOfFile({ major: 17 });

  it("works with a login that has only what the runbook's statements give it", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const superuser = await database.connect(server().superuser);
    await superuser.query("CREATE ROLE app_owner; ALTER TABLE file_audit OWNER TO app_owner");
    const [, statements = ""] =
      /```sql\n(CREATE ROLE v7_owner[^]*?)```/.exec(textOf("docs/runbook.md")) ?? [];
    await superuser.query(statements.replace("DATABASE app ", `DATABASE ${database.name} `));
    const { connection, ...request } = await applyRequest(database);
    const login = { ...connection, user: "v7_owner", password: "…" };
    const rehearsal = await rehearse({ ...request, connection: login });
    expect(rehearsal?.differences).toStrictEqual([]);
  });

  it("is skipped when nothing is pending, and rehearses a rollback when that is asked for", async () => {
    const { request } = await applied(server());
    expect(await rehearse(request)).toBeUndefined();
    const rollback = await rehearse({ ...request, action: "rollback" });
    expect(rollback?.statements.at(0)?.stepId).toBe("the inverse of enum_inventory");
    expect(rollback?.differences).toStrictEqual([]);
  });

  it("rehearses optional amendments of an applied directive, also indexes built concurrently", async () => {
    const { database } = await applied(server());
    const optional = ["dashboard_by_phase", "updated_at_triggers", "concurrent_indexes"];
    // What was applied before is locked, too, because others use it.
    const rehearsal = await rehearse(await applyRequest(database, undefined, optional));
    expect(rehearsal?.locks.map(({ relation, mode }) => `${mode} on ${relation}`)).toStrictEqual([
      "SHARE ROW EXCLUSIVE on public.v7_migration_workflow",
      "SHARE ROW EXCLUSIVE on public.v7_global_impacts",
    ]);
    expect(new Set(rehearsal?.statements.map(({ stepId }) => stepId))).toStrictEqual(
      new Set(optional),
    );
    expect(rehearsal?.differences).toStrictEqual([]);
  });

  it("runs as the tables' owner when the login may only read, and says so", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const admin = await database.connect(server().superuser);
    await admin.query(
      "CREATE ROLE previewer LOGIN PASSWORD 'p'; GRANT pg_read_all_data TO previewer",
    );
    const request = await applyRequest(database);
    const connection = { ...request.connection, user: "previewer", password: "p" };
    const rehearsal = await rehearse({ ...request, connection });
    expect(rehearsal?.differences).toStrictEqual([]);
    expect(rehearsal?.omitted).toStrictEqual([
      'login "previewer", which may not alter the tables: the plan ran as their owner "postgres"',
    ]);
  });

  it("fails as the real run would, and names the statement that failed", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const client = await database.connect();
    await client.query("ALTER TABLE file_audit RENAME COLUMN id TO key");
    await expect(rehearse(await applyRequest(database))).rejects.toThrow(
      /^PRECHECK_FAILED: rehearsing the plan, which failed when running section_8 at sql\/ad_005\/directive\.sql:.*\n {2}- no column id of table public\.file_audit/,
    );
  });
});

function fail(): never {
  throw new Error("nothing was rehearsed");
}
