import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { repairDrift } from "../../../runner/actions/repair";
import { restoreArchive } from "../../../runner/actions/restore";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { formatDifference } from "../../../runner/catalog/compare";
import { verifyDatabase } from "../../../runner/drift/verify";
import type { Obstacle } from "../../../runner/model";
import { prepareRollback } from "../../../runner/plan/preparePlan";
import { withConnection } from "../../../runner/postgres/connection";
import { describeLockHolders } from "../../../runner/postgres/waitForLock";
import { describeRehearsal } from "../../../runner/rehearsal/rehearsalText";
import { rehearse } from "../../../runner/rehearsal/rehearse";
import { applyRequest, planned, type TestRequest } from "../../support/directive";
import { makeRoles } from "../../support/drift";
import { faultOf } from "../../support/faults";
import { MAJORS } from "../../support/majors";
import { serverOfFile, type TestDatabase } from "../../support/postgres";

const COLUMNS =
  "id uuid NOT NULL DEFAULT gen_random_uuid(), file_path text, created_at timestamptz DEFAULT now()";

/** What file_audit can be, what the plan says about it, and the SQL of the remedy as the plan writes it. */
const OTHER_TABLES: readonly (readonly [
  what: string,
  sql: string,
  found: RegExp,
  remedy: string | undefined,
])[] = [
  [
    "a partitioned table",
    `CREATE TABLE file_audit (${COLUMNS}) PARTITION BY RANGE (created_at); CREATE TABLE rest PARTITION OF file_audit DEFAULT`,
    /^"public\.file_audit", which is a partitioned table: .*\. Put its rows into an ordinary table/,
    undefined,
  ],
  [
    "a partition",
    `CREATE TABLE every_file (${COLUMNS}) PARTITION BY RANGE (created_at); CREATE TABLE file_audit PARTITION OF every_file DEFAULT`,
    /^"public\.file_audit", which is a partition of public\.every_file: .*42809/,
    'ALTER TABLE public.every_file DETACH PARTITION "public"."file_audit"',
  ],
  [
    "a typed table",
    "CREATE TYPE audited AS (id uuid, file_path text); CREATE TABLE file_audit OF audited",
    /^"public\.file_audit", which is a table of the type public\.audited, .*42809/,
    'ALTER TABLE "public"."file_audit" NOT OF',
  ],
  [
    "a parent of tables that inherit",
    `CREATE TABLE file_audit (${COLUMNS}); CREATE TABLE "Old files" () INHERITS (file_audit)`,
    /^"public\.file_audit", which is the parent of public\."Old files": the columns would be added there too/,
    'ALTER TABLE public."Old files" NO INHERIT "public"."file_audit"',
  ],
  [
    "a view",
    `CREATE TABLE files (${COLUMNS}); CREATE VIEW file_audit AS SELECT * FROM files`,
    /^"public\.file_audit", which is a view and not a table\. Connect to the database that has the table itself/,
    undefined,
  ],
  [
    "a materialized view",
    "CREATE MATERIALIZED VIEW file_audit AS SELECT 1 AS id",
    /^"public\.file_audit", which is a materialized view and not a table/,
    undefined,
  ],
  [
    "a foreign table",
    "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE file_audit (id uuid) SERVER s",
    /^"public\.file_audit", which is a foreign table and not a table/,
    undefined,
  ],
  [
    "the type of another table's column",
    `CREATE TABLE file_audit (${COLUMNS}); CREATE TABLE "Log" (before file_audit, "All" file_audit[])`,
    /^"public\.file_audit", whose row type is the type of public\."Log"\."All", public\."Log"\.before: .*0A000/,
    undefined,
  ],
  [
    "a table that has had nearly 1600 columns",
    `CREATE TABLE file_audit (${COLUMNS}); DO $$ BEGIN
       FOR n IN 1..1590 LOOP ALTER TABLE file_audit ADD COLUMN one integer; ALTER TABLE file_audit DROP COLUMN one; END LOOP;
     END $$`,
    /^"public\.file_audit", which has had 1593 columns, dropped ones included: 12 more are too many \(SQLSTATE 54011\)/,
    undefined,
  ],
];

/** What else it can be without an obstacle. */
const PLAIN_TABLES: readonly (readonly [what: string, sql: string])[] = [
  ["an unlogged table", `CREATE UNLOGGED TABLE file_audit (${COLUMNS}, PRIMARY KEY (id))`],
  [
    "a table that inherits from another",
    `CREATE TABLE files (${COLUMNS}); CREATE TABLE file_audit (PRIMARY KEY (id)) INHERITS (files)`,
  ],
  [
    "a table with triggers, a rule and row level security",
    `CREATE TABLE file_audit (${COLUMNS}, PRIMARY KEY (id));
     CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
     CREATE TRIGGER t BEFORE UPDATE ON file_audit FOR EACH ROW EXECUTE FUNCTION nothing();
     CREATE RULE r AS ON DELETE TO file_audit WHERE false DO INSTEAD NOTHING;
     ALTER TABLE file_audit ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON file_audit USING (true)`,
  ],
];

describe.each(MAJORS)("in a target on PostgreSQL %i,", (major) => {
  const server = serverOfFile({
    major,
    settings: { max_prepared_transactions: "5", wal_level: "logical" },
  });

  const superuserOf = async (database: TestDatabase): Promise<Client> =>
    await database.connect(server().superuser);

  const supabase = async (sql = ""): Promise<TestDatabase> => {
    const database = await server().createDatabase({ shape: "supabase", unprotected: true });
    await (await superuserOf(database)).query(sql);
    return database;
  };

  /** Creates another file_audit as its owner; a foreign table needs a superuser, who gives it to the owner. */
  const withTable = async (sql: string): Promise<TestDatabase> => {
    const database = await supabase("DROP TABLE file_audit");
    const client = sql.includes("FOREIGN") ? await superuserOf(database) : await database.connect();
    await client.query(sql);
    await client.query("ALTER TABLE file_audit OWNER TO postgres");
    return database;
  };

  const codeOf = async (run: Promise<unknown>): Promise<string> => (await faultOf(() => run)).code;

  const obstaclesOf = async (request: TestRequest): Promise<readonly Obstacle[]> =>
    (await planned(request)).obstacles;

  const linesOf = async (request: TestRequest): Promise<readonly string[]> =>
    (await obstaclesOf(request)).map(({ found, remedy }) => `${found}. ${remedy}.`);

  describe("file_audit", () => {
    it.each(OTHER_TABLES)(
      "as %s is an obstacle with a remedy, and nothing runs",
      async (_what, sql, found) => {
        const database = await withTable(sql);
        const request = await applyRequest(database, undefined, ["concurrent_indexes"]);
        const lines = await linesOf(request);
        expect(lines).toStrictEqual([expect.stringMatching(found)]);
        expect(await codeOf(applyDirective(request))).toBe("PRECHECK_FAILED");
      },
    );

    it.each(
      OTHER_TABLES.flatMap(([what, sql, , remedy]) =>
        remedy === undefined ? [] : [[what, sql, remedy] as const],
      ),
    )("as %s accepts the directive once the remedy has run", async (_what, sql, remedy) => {
      const database = await withTable(sql);
      const request = await applyRequest(database);
      expect((await linesOf(request)).join()).toContain(remedy);
      await (await database.connect()).query(remedy);
      expect((await applyDirective(request)).executed).not.toHaveLength(0);
    });

    it.each(PLAIN_TABLES)(
      "as %s supports apply, verification, rollback and restore",
      async (_what, sql) => {
        const database = await withTable(sql);
        const request = await applyRequest(database, undefined, ["concurrent_indexes"]);
        await applyDirective(request);
        const client = await database.connect();
        await client.query("INSERT INTO file_audit (file_path, v7_target_name) VALUES ('a', 'A')");
        await rollbackDirective(request);
        await applyDirective(request);
        await restoreArchive(request);
        const { rows } = await client.query("SELECT file_path, v7_target_name FROM file_audit");
        expect(rows).toStrictEqual([{ file_path: "a", v7_target_name: "A" }]);
        const { differences } = await withConnection(request.connection, (one) =>
          verifyDatabase(one, request),
        );
        expect(
          differences.map(formatDifference).filter((line) => !/ (role|privileges) /.test(line)),
        ).toStrictEqual([]);
      },
    );
  });

  it("a default privilege that the login lacks is an obstacle, which the plan names", async () => {
    const database = await supabase(`REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
      REVOKE USAGE ON TYPE uuid FROM PUBLIC; REVOKE EXECUTE ON FUNCTION gen_random_uuid() FROM PUBLIC`);
    const lines = await linesOf(await applyRequest(database));
    expect(lines).toStrictEqual(
      ["function gen_random_uuid()", "language plpgsql", "type uuid"].map((name): unknown =>
        expect.stringContaining(`${name}, which this login may not use and these statements name`),
      ),
    );
    expect(lines[0]).toContain("GRANT EXECUTE ON FUNCTION gen_random_uuid() TO PUBLIC");
  });

  it("a refused query of the program is reported with its SQLSTATE", async () => {
    const database = await supabase(
      "REVOKE EXECUTE ON FUNCTION pg_try_advisory_lock(bigint) FROM PUBLIC",
    );
    await expect(applyDirective(await applyRequest(database))).rejects.toThrow(
      /^SERVER_REFUSED: reading from .*: found permission denied for function pg_try_advisory_lock \(SQLSTATE 42501\)/,
    );
  });

  it("a cast that somebody has created is an obstacle", async () => {
    const database =
      await supabase(`CREATE FUNCTION one(text) RETURNS integer LANGUAGE sql AS 'SELECT 1';
      CREATE CAST (text AS integer) WITH FUNCTION one(text) AS IMPLICIT`);
    expect(await linesOf(await applyRequest(database))).toStrictEqual([
      expect.stringMatching(/^cast text AS integer, .*DROP CAST \(text AS integer\)\.$/),
    ]);
  });

  describe("a prepared transaction", () => {
    it("that locks file_audit is an obstacle, which the plan names with gid, owner and age", async () => {
      const database = await supabase();
      const client = await database.connect();
      await client.query("BEGIN; SELECT count(*) FROM file_audit; PREPARE TRANSACTION 'or''phan'");
      const request = await applyRequest(database);
      const lines = await linesOf(request);
      expect(lines).toStrictEqual([
        expect.stringMatching(
          /^prepared transaction 'or''phan' of "postgres", prepared 00:00:\d\d ago, which holds locks on public\.file_audit: .*ROLLBACK PREPARED 'or''phan' \(or COMMIT PREPARED\)\.$/,
        ),
      ]);
      expect(await codeOf(applyDirective(request))).toBe("PRECHECK_FAILED");
      const holders = await withConnection(request.connection, (one) =>
        describeLockHolders(one, [{ schema: "public", name: "file_audit" }]),
      );
      expect(holders).toStrictEqual([
        "prepared transaction 'or''phan' (postgres) holds ACCESS SHARE on public.file_audit",
      ]);
      await client.query("ROLLBACK PREPARED 'or''phan'");
      expect(await linesOf(request)).toStrictEqual([]);
    });

    it("is an obstacle to a rollback too, unless it locks another table", async () => {
      const database = await supabase();
      const request = await applyRequest(database);
      await applyDirective(request);
      const client = await database.connect();
      await client.query("BEGIN; SELECT count(*) FROM v7_test_results; PREPARE TRANSACTION 'ours'");
      await client.query("BEGIN; SELECT count(*) FROM jobs; PREPARE TRANSACTION 'theirs'");
      const { obstacles } = await planned(request, prepareRollback);
      expect(obstacles.map(({ found }) => found)).toStrictEqual([
        expect.stringMatching(/^prepared transaction 'ours' .*public\.v7_test_results/),
      ]);
      await client.query("ROLLBACK PREPARED 'ours'");
      await client.query("ROLLBACK PREPARED 'theirs'");
    });
  });

  describe("a read-only default", () => {
    it.each([
      [
        "of the database",
        (name: string) => `ALTER DATABASE ${name}`,
        /for database "test_\d+": .*ALTER DATABASE "test_\d+" RESET default_transaction_read_only/,
      ],
      [
        "of the login",
        () => "ALTER ROLE postgres",
        /for login "postgres": .*ALTER ROLE "postgres" RESET default_transaction_read_only/,
      ],
      [
        "of the login in the database",
        (name: string) => `ALTER ROLE postgres IN DATABASE ${name}`,
        /for login "postgres" in database .*ALTER ROLE "postgres" IN DATABASE "test_\d+" RESET/,
      ],
      [
        "of every login",
        () => "ALTER ROLE ALL",
        /for every login: .*ALTER ROLE ALL RESET default_transaction_read_only/,
      ],
      [
        "of the server",
        () => "ALTER SYSTEM",
        /for the server: .*ALTER SYSTEM RESET default_transaction_read_only .*and reload\.$/,
      ],
    ])(
      "%s is an obstacle with a remedy, and the plan can still be read",
      async (_what, alter, expected) => {
        const database = await supabase();
        const request = await applyRequest(database);
        const elsewhere = await server().createDatabase({ shape: "empty" });
        const admin = await elsewhere.connect();
        await admin.query("SET default_transaction_read_only = off");
        const reload = "SELECT pg_reload_conf(), pg_sleep(0.2)";
        await admin.query(`${alter(database.name)} SET default_transaction_read_only = on`);
        await admin.query(reload);
        try {
          expect(await linesOf(request)).toStrictEqual([expect.stringMatching(expected)]);
          expect(await codeOf(applyDirective(request))).toBe("PRECHECK_FAILED");
        } finally {
          await admin.query(`${alter(database.name)} RESET default_transaction_read_only`);
          await admin.query(reload);
        }
        expect(await linesOf(request)).toStrictEqual([]);
      },
    );

    it("is an obstacle to a repair and a rollback", async () => {
      const database = await supabase();
      const request = await applyRequest(database);
      await makeRoles(await database.connect(), request.access);
      await applyDirective(request);
      const client = await superuserOf(database);
      await client.query(
        `DROP INDEX idx_test_results_status; ALTER DATABASE ${database.name} SET default_transaction_read_only = on`,
      );
      expect(await codeOf(repairDrift(request))).toBe("PRECHECK_FAILED");
      const { obstacles } = await planned(request, prepareRollback);
      expect(obstacles.map(({ found }) => found)).toStrictEqual([
        expect.stringMatching(/^default_transaction_read_only = on for database /),
        expect.stringMatching(/^no index public\.idx_test_results_status, /),
      ]);
      expect(await codeOf(rollbackDirective(request))).toBe("ROLLBACK_BLOCKED");
    });
  });

  describe("an event trigger", () => {
    const trigger = (name: string, body: string, rest = "ON ddl_command_end"): string => `
      CREATE FUNCTION public.${name}() RETURNS event_trigger LANGUAGE plpgsql AS $f$ ${body} $f$;
      CREATE EVENT TRIGGER ${name} ${rest} EXECUTE FUNCTION public.${name}();`;
    const ENABLES = `DECLARE r record; BEGIN
      FOR r IN SELECT * FROM pg_event_trigger_ddl_commands() WHERE command_tag = 'CREATE TABLE' AND schema_name = 'public' LOOP
        EXECUTE format('alter table if exists %s enable row level security', r.object_identity);
      END LOOP; END`;
    const ON_TABLES = "ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS')";

    it("that enables row level security is an obstacle until the amendment that does so is chosen", async () => {
      const database = await supabase(trigger("rls_auto_enable", ENABLES, ON_TABLES));
      const request = await applyRequest(database);
      expect(await linesOf(request)).toStrictEqual([
        expect.stringMatching(
          /^event trigger "rls_auto_enable" \(ddl_command_end on CREATE TABLE, CREATE TABLE AS\) of ".*", which these statements fire: it calls public\.rls_auto_enable\(\), which enables row level security on new tables\. Choose the amendment row_level_security, .*'\["row_level_security"\]'\. Or ALTER EVENT TRIGGER "rls_auto_enable" DISABLE/,
        ),
      ]);
      expect(await codeOf(applyDirective(request))).toBe("PRECHECK_FAILED");
      const chosen = await applyRequest(database, undefined, ["row_level_security"]);
      await makeRoles(await database.connect(), chosen.access);
      expect(await obstaclesOf(chosen)).toMatchObject([{ isPassing: true }]);
      expect((await applyDirective(chosen)).executed).not.toHaveLength(0);
    });

    it("is named in the plan only if the plan's statements fire it", async () => {
      const database = await supabase(`
        ${trigger("indexes", "BEGIN END", "ON ddl_command_end WHEN TAG IN ('CREATE INDEX')")}
        ${trigger("revokes", "BEGIN END", "ON ddl_command_end WHEN TAG IN ('REVOKE')")}
        ${trigger("always", "BEGIN END")} ALTER EVENT TRIGGER always ENABLE ALWAYS;
        ${trigger("disabled", "BEGIN END")} ALTER EVENT TRIGGER disabled DISABLE;
        ${trigger("replicas", "BEGIN END")} ALTER EVENT TRIGGER replicas ENABLE REPLICA;
        ${trigger("extensions_only", "BEGIN END", "ON ddl_command_end WHEN TAG IN ('CREATE EXTENSION')")}
        ${trigger("drops", "BEGIN END", "ON sql_drop")}
        ${trigger("pgrst_drop_watch", "BEGIN END", "ON sql_drop")}
        ${trigger("issue_pg_cron_access", "BEGIN END", "ON ddl_command_end WHEN TAG IN ('CREATE EXTENSION')")}
        ${trigger("forbids", "BEGIN IF session_user <> 'boss' THEN RAISE EXCEPTION 'no DDL'; END IF; END", "ON ddl_command_start")}`);
      const request = await applyRequest(database);
      const obstacles = await obstaclesOf(request);
      expect(
        obstacles.map(({ found, isPassing }) => [/"(\w+)"/.exec(found)?.[1], isPassing]),
      ).toStrictEqual([
        ["always", true],
        ["forbids", true],
        ["indexes", true],
        ["revokes", true],
      ]);
      expect(await codeOf(applyDirective(request))).toBe("STATEMENT_FAILED");
      await (await superuserOf(database)).query("ALTER EVENT TRIGGER forbids DISABLE");
      await applyDirective(request);
      const { obstacles: ofRollback } = await planned(request, prepareRollback);
      expect(ofRollback.map(({ found }) => /"(\w+)"/.exec(found)?.[1])).toStrictEqual([
        "always",
        "drops",
        "revokes",
      ]);
    });
  });

  it("the rehearsal names the same obstacles, and what it does not rebuild", async () => {
    const database = await withTable(OTHER_TABLES[1]?.[1] ?? "");
    await (
      await superuserOf(database)
    ).query(`
      CREATE FUNCTION public.watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
      CREATE EVENT TRIGGER "watch it" ON ddl_command_end EXECUTE FUNCTION public.watch()`);
    const rehearsal = await rehearse(await applyRequest(database));
    expect(rehearsal?.obstacles).toStrictEqual([
      expect.stringMatching(/^"public\.file_audit", which is a partition of public\.every_file/),
    ]);
    expect(rehearsal?.omitted).toContain('event trigger "watch it"');
    expect(rehearsal?.omitted.join()).not.toContain("pgrst_ddl_watch");
    expect(rehearsal && describeRehearsal(rehearsal)).toContain("the run itself would be refused:");
  });

  describe("a publication", () => {
    it("of the schema is an obstacle, one of all tables is only named, and one by name is neither", async () => {
      const database = await supabase(`
        CREATE PUBLICATION of_schema FOR TABLES IN SCHEMA public; CREATE PUBLICATION everything FOR ALL TABLES;
        CREATE PUBLICATION by_name FOR TABLE file_audit; CREATE SCHEMA other; CREATE PUBLICATION elsewhere FOR TABLES IN SCHEMA other`);
      const request = await applyRequest(database);
      expect(
        (await obstaclesOf(request)).map(({ found, isPassing = false }) => [found, isPassing]),
      ).toStrictEqual([
        [expect.stringContaining('publication "everything" FOR ALL TABLES'), true],
        [expect.stringContaining('publication "of_schema" FOR TABLES IN SCHEMA "public"'), false],
      ]);
      await (
        await superuserOf(database)
      ).query('ALTER PUBLICATION "of_schema" DROP TABLES IN SCHEMA "public"');
      expect((await applyDirective(request)).executed).not.toHaveLength(0);
    });
  });
});
