import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { applyRequest, SQL_FOLDER } from "../../support/directive";
import { carriedOut } from "../../support/drift";
import { laterDirective, lockLater } from "../../support/laterDirective";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { removeCopies } from "../../support/sqlFolder";

describe.each(MAJORS)("the population on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major });

  it("writes phase 4 with its tasks, and every ENUM type with the tables and columns that use it", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const client = await database.connect();
    await client.query(`
      CREATE SCHEMA app;
      CREATE TYPE app."Colour" AS ENUM ('red', 'dark red');
      CREATE TABLE app.things (colour app."Colour", colours app."Colour"[], status task_status_enum);
      CREATE TYPE unused AS ENUM ('a');
      CREATE TYPE empty AS ENUM ();
    `);
    await client.query("INSERT INTO file_audit (file_path) VALUES ('a.py')");
    await applyDirective(await applyRequest(database));
    const { rows } = await client.query(
      `SELECT current_enum_name AS name, current_enum_values AS labels, affected_tables AS tables, affected_columns AS columns, status
         FROM v7_enum_migrations ORDER BY 1`,
    );
    const proposed = { status: "proposed" };
    expect(rows).toStrictEqual([
      {
        name: "app.Colour",
        labels: ["red", "dark red"],
        tables: ["app.things"],
        columns: { "app.things": ["colour", "colours"] },
        ...proposed,
      },
      {
        name: "task_status_enum",
        labels: ["Queued", "InProgress", "Completed", "Error"],
        tables: ["app.things", "jobs"],
        columns: { "app.things": ["status"], jobs: ["status"] },
        ...proposed,
      },
      { name: "unused", labels: ["a"], tables: [], columns: {}, ...proposed },
    ]);
    const dashboard = await client.query(
      "SELECT phase_number, phase_status, total_tasks FROM v7_migration_dashboard",
    );
    expect(dashboard.rows).toStrictEqual([
      { phase_number: 4, phase_status: "not_started", total_tasks: "7" },
    ]);
    const files = await client.query("SELECT v7_workflow_status AS status FROM file_audit");
    expect(files.rows).toStrictEqual([{ status: "pending_assessment" }]);
  });

  it("can be repeated: it keeps what people wrote, and adds only what is new", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const client = await database.connect();
    const request = await applyRequest(database);
    await applyDirective(request);
    await client.query(`
      UPDATE v7_migration_workflow SET status = 'in_progress', lead_persona = 'L8' WHERE phase_number = 4;
      UPDATE v7_subworkflow_tasks SET task_name = 'theirs' WHERE task_number = 3;
      UPDATE v7_enum_migrations SET v7_enum_name = 'status_v7';
      CREATE TYPE later AS ENUM ('b');
    `);
    const rows = `SELECT array(SELECT w::text FROM v7_migration_workflow w ORDER BY 1) || array(SELECT t::text FROM v7_subworkflow_tasks t ORDER BY 1)
      || array(SELECT e::text FROM v7_enum_migrations e WHERE current_enum_name <> 'later' ORDER BY 1) AS rows`;
    const before = await client.query(rows);
    for (const step of request.steps.filter(({ kind }) => kind === "population")) {
      await client.query(step.bytes.toString("utf8"));
      await client.query(step.bytes.toString("utf8"));
    }
    expect((await client.query(rows)).rows).toStrictEqual(before.rows);
    const later = await client.query(
      "SELECT current_enum_values AS labels FROM v7_enum_migrations WHERE current_enum_name = 'later'",
    );
    expect(later.rows).toStrictEqual([{ labels: ["b"] }]);
  });
});

describe("a population that changes rows", () => {
  const APPLICATION = "CREATE TABLE app_count (n integer);\nINSERT INTO app_count VALUES (1);\n";
  const server = serverOfFile({ major: 17 }, removeCopies);

  it("is rolled back exactly once, even when nobody has written rows since", async () => {
    const folder = await laterDirective(APPLICATION, [
      {
        sql: "COMMENT ON TABLE app_count IS 'a count'",
        inverse: "COMMENT ON TABLE app_count IS NULL",
      },
      {
        id: "counted",
        kind: "population",
        sql: "UPDATE app_count SET n = n + 1",
        inverse: "UPDATE app_count SET n = n - 1",
      },
    ]);
    await lockLater(folder, 17);
    const { database } = await carriedOut(server(), SQL_FOLDER, APPLICATION);
    const client = await database.connect();
    const request = await applyRequest(database, folder);
    const count = async (): Promise<unknown> =>
      (await client.query<{ n: number }>("SELECT n FROM app_count")).rows[0]?.n;
    await applyDirective(request);
    expect(await count()).toBe(2);
    const { archived } = await rollbackDirective({ ...request, to: "ad_005" });
    expect(archived).toStrictEqual([]);
    expect(await count()).toBe(1);
  });

  it("is rolled back with its rows archived when a later directive has renamed one of its columns", async () => {
    const renamed = "ALTER TABLE v7_subworkflow_tasks RENAME COLUMN";
    const folder = await laterDirective("", [
      { sql: `${renamed} notes TO remarks`, inverse: `${renamed} remarks TO notes` },
    ]);
    await lockLater(folder, 17);
    const { database } = await carriedOut(server(), SQL_FOLDER, "");
    const request = await applyRequest(database, folder);
    await applyDirective(request);
    const { archived } = await rollbackDirective(request);
    expect(archived.map(({ from, rows }) => [from, rows])).toContainEqual([
      "public.v7_subworkflow_tasks",
      8,
    ]);
  });
});
