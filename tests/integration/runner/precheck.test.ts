import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { applied, applyRequest, planned, type TestRequest } from "../../support/directive";
import { faultOf } from "../../support/faults";
import { laterDirective, lockLater } from "../../support/laterDirective";
import { MAJORS } from "../../support/majors";
import { serverOfFile, type TestDatabase } from "../../support/postgres";
import { addDirective, copySqlFolder, removeCopies } from "../../support/sqlFolder";

describe.each(MAJORS)("the pre-checks on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major }, removeCopies);

  // The transaction that the last test looks at begins first: it becomes long while the others run.
  let read: TestDatabase;
  let reader: Client;
  let readerPid: number | undefined;
  let began: number;

  beforeAll(async () => {
    read = await server().createDatabase({ shape: "supabase" });
    reader = await read.connect();
    const { rows } = await reader.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    readerPid = rows[0]?.pid;
    await reader.query(
      "SET application_name = 'nightly report'; BEGIN; SELECT count(*) FROM file_audit",
    );
    began = Date.now();
  });

  const obstaclesOf = async (
    database: TestDatabase,
    request?: TestRequest,
  ): Promise<readonly string[]> => {
    const { obstacles } = await planned(request ?? (await applyRequest(database)));
    return obstacles.map(({ found, remedy }) => `${found}. ${remedy}.`);
  };

  it("find nothing on a Supabase-shaped database", async () => {
    expect(await obstaclesOf(await server().createDatabase({ shape: "supabase" }))).toStrictEqual(
      [],
    );
  });

  it("name a limit of connections at which a run would stop half-way", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const { connection, ...request } = await applyRequest(database);
    const few = { ...request, connection: { ...connection, user: "few", password: "few" } };
    const admin = await database.connect(server().superuser);
    await admin.query("CREATE ROLE few LOGIN PASSWORD 'few' IN ROLE postgres");
    const withLimits = async (login: number, all: number) => {
      await admin.query(
        `ALTER ROLE few CONNECTION LIMIT ${login}; ALTER DATABASE ${database.name} CONNECTION LIMIT ${all}`,
      );
      return await obstaclesOf(database, few);
    };
    expect(await withLimits(4, 3)).toStrictEqual(
      expect.arrayContaining([
        'CONNECTION LIMIT 4 of role "few", and a run needs 5 connections. ALTER ROLE "few" CONNECTION LIMIT 5, or more.',
        `CONNECTION LIMIT 3 of database "${database.name}", and a run needs 5 connections. ALTER DATABASE "${database.name}" CONNECTION LIMIT 5, or more.`,
      ]),
    );
    expect((await withLimits(5, -1)).join()).not.toContain("CONNECTION LIMIT");
  });

  it("name everything at once, each with what clears it", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const admin = await database.connect(server().superuser);
    await admin.query(`
      ALTER TABLE file_audit OWNER TO supabase_admin;
      ALTER TABLE file_audit ADD COLUMN v7_target_name text;
      CREATE TABLE v7_test_results (id integer);
      CREATE INDEX idx_test_results_status ON v7_test_results (id);
      CREATE TYPE v7_global_impacts AS ENUM ('a');
      CREATE SEQUENCE v7_enum_migrations_pkey;
      GRANT CREATE ON SCHEMA public TO PUBLIC;
    `);
    const found = await obstaclesOf(database);
    expect(found).toHaveLength(3);
    expect(found.join("\n")).toContain(
      `owned by "supabase_admin", which login "postgres" may not alter. GRANT "supabase_admin" TO "postgres"${major === 15 ? "" : " WITH INHERIT TRUE"}, or`,
    );
    expect(found.join("\n")).toContain(
      "column public.file_audit.v7_target_name, relation public.idx_test_results_status, relation public.v7_enum_migrations_pkey, " +
        "table public.v7_test_results, type public.v7_global_impacts: there already, and the history does not know of them",
    );
    expect(found.join("\n")).toContain("REVOKE CREATE ON SCHEMA");
  });

  it("name what differs from what was approved, where a later directive is pending", async () => {
    const { client, database } = await applied(server());
    const folder = copySqlFolder();
    await addDirective(folder, "ad_006", "SELECT 1;\n");
    const request = await applyRequest(database, folder);
    expect((await planned(request)).obstacles).toStrictEqual([]);
    await client.query("CREATE INDEX theirs ON v7_test_results (test_status)");
    const { obstacles } = await planned(request);
    expect(obstacles.map(({ found }) => found)).toStrictEqual([
      "drift: unexpected: index public.theirs",
    ]);
    await expect(applyDirective(request)).rejects.toThrow(/^PRECHECK_FAILED/);
  });

  it("name a published table without a replica identity whose rows the statements change", async () => {
    const table = "CREATE TABLE app_note (id integer, text text);\n";
    const folder = await laterDirective(table, [
      { sql: "UPDATE app_note SET text = 'x'", irreversible: "a test says so" },
    ]);
    await lockLater(folder, major);
    const { client, database } = await applied(server());
    await client.query(`${table} INSERT INTO app_note VALUES (1)`);
    const admin = await database.connect(server().superuser);
    await admin.query("CREATE PUBLICATION by_name FOR TABLE public.app_note");
    const request = await applyRequest(database, folder);
    expect((await planned(request)).obstacles.map(({ found }) => found)).toStrictEqual([
      expect.stringContaining('table public.app_note in publication "by_name"'),
    ]);
    await client.query("ALTER TABLE app_note REPLICA IDENTITY FULL");
    expect((await applyDirective(request)).executed).toHaveLength(1);
  });

  it("name group roles that somebody else made, with the GRANT that is missing", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const admin = await database.connect(server().superuser);
    await admin.query("CREATE ROLE v7_reader");
    const found = await obstaclesOf(database);
    await admin.query("DROP ROLE v7_reader");
    const missing =
      'role "v7_reader", which somebody else made and login "postgres" may not administer. ' +
      'GRANT "v7_reader" TO "postgres" WITH ADMIN OPTION, as whoever made it.';
    // Until 15 CREATEROLE was power over every role that is no superuser.
    expect(found).toStrictEqual(major === 15 ? [] : [missing]);
  });

  it("name a login that may not create roles", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const admin = await database.connect(server().superuser);
    await admin.query("ALTER ROLE postgres NOCREATEROLE");
    const found = await obstaclesOf(database);
    await admin.query("ALTER ROLE postgres CREATEROLE");
    expect(found.join("\n")).toMatch(
      /^login "postgres", which may not create roles, .*\. ALTER ROLE "postgres" CREATEROLE, as a superuser/,
    );
  });

  it("name a schema on which this login may not grant what the matrix grants", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const admin = await database.connect(server().superuser);
    await admin.query(
      "ALTER SCHEMA public OWNER TO supabase_admin; GRANT ALL ON SCHEMA public TO postgres",
    );
    expect(await obstaclesOf(database)).toStrictEqual([
      'schema "public", on which login "postgres" may not grant USAGE to the group roles. ' +
        'GRANT USAGE ON SCHEMA "public" TO "postgres" WITH GRANT OPTION, as its owner.',
    ]);
  });

  it("name who holds a lock that they could not get in five tries, and leave the database as it was", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const reader = await database.connect();
    await reader.query("BEGIN; SELECT count(*) FROM file_audit");
    const messages: string[] = [];
    const request = {
      ...(await applyRequest(database)),
      lockTimeoutSeconds: 0.2,
      onProgress: (message: string) => messages.push(message),
    };
    const { message } = await faultOf(() => applyDirective(request));
    expect(message).toMatch(
      /^LOCK_TIMEOUT: running section_2 at sql\/ad_005\/directive\.sql:28:1: /,
    );
    expect(message).toMatch(
      / {2}tried 5 times\n {2}- pid \d+ \(postgres, .*holds ACCESS SHARE on public\.file_audit$/,
    );
    expect(messages.filter((one) => one.startsWith("could not get a lock: pid "))).toHaveLength(4);
    const { rows } = await reader.query(
      "SELECT to_regclass('public.v7_migration_workflow') AS there",
    );
    expect(rows).toStrictEqual([{ there: null }]);
  });

  it("show a long transaction on file_audit by pid and age, and let a run wait for it", async () => {
    await sleep(began + 5200 - Date.now());
    const found = await obstaclesOf(read);
    expect(found.join("\n")).toMatch(
      new RegExp(
        `^pid ${String(readerPid)} \\(postgres, nightly report, idle in transaction, in its transaction since 00:00:\\d\\d\\) holds ACCESS SHARE on public.file_audit: the migration would have to wait`,
      ),
    );
    await reader.query("COMMIT");
    await expect(applyDirective(await applyRequest(read))).resolves.toBeDefined();
  });
});
