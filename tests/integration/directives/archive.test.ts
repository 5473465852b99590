import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { listArchives } from "../../../runner/actions/restorable";
import { restoreArchive } from "../../../runner/actions/restore";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { findWrittenTables } from "../../../runner/data/writtenRows";
import { applyRequest, SQL_FOLDER, type TestRequest } from "../../support/directive";
import { carriedOut, driftOf, grantAll } from "../../support/drift";
import { faultOf } from "../../support/faults";
import { laterDirective, lockLater, type LaterStep } from "../../support/laterDirective";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { removeCopies } from "../../support/sqlFolder";

/** What ad_006 drops, as the application has it. */
const STATE = "CREATE TYPE app_state AS ENUM ('new', 'on hold', 'paid')";
const CUSTOMER = `CREATE TABLE app_customer (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, state app_state, tags text[], states app_state[],
  parent bigint REFERENCES app_customer (id), note jsonb, letters integer GENERATED ALWAYS AS (length(name)) STORED)`;
const ODD = `CREATE TABLE "App ""Odd"" Ørder" (
  "Key" serial PRIMARY KEY, "a ""b""" character(5), one text, customer bigint NOT NULL REFERENCES app_customer (id), at timestamptz)`;
const SAME_NAME = "CREATE TABLE app_more.app_customer (id integer)";
const longName = (last: string): string =>
  `app_a_name_of_nearly_as_many_letters_as_a_name_can_have_${last}`;
const LONG = (last: string): string => `CREATE TABLE ${longName(last)} (id integer)`;
/** What default privileges granted when the application created them. */
const OPEN = `GRANT ALL ON app_customer, app_customer_id_seq, "App ""Odd"" Ørder", "App ""Odd"" Ørder_Key_seq",
  ${longName("a")}, ${longName("b")} TO anon, authenticated, service_role`;

const APPLICATION = `
${STATE};
${CUSTOMER};
${ODD};
CREATE SCHEMA app_more;
${SAME_NAME};
${LONG("a")};
${LONG("b")};
CREATE TABLE app_stays (id integer PRIMARY KEY, kept text, "Old Value" text, one varchar(3), old_state app_state DEFAULT 'new',
  twice integer GENERATED ALWAYS AS (id * 2) STORED);
`;

const STEPS: readonly LaterStep[] = [
  {
    what: "takes columns away",
    sql: `ALTER TABLE app_stays DROP COLUMN "Old Value", DROP COLUMN one, DROP COLUMN old_state, DROP COLUMN twice`,
    inverse: `ALTER TABLE app_stays ADD COLUMN "Old Value" text, ADD COLUMN one varchar(3), ADD COLUMN old_state app_state DEFAULT 'new',
      ADD COLUMN twice integer GENERATED ALWAYS AS (id * 2) STORED`,
  },
  {
    what: "takes tables away",
    sql: [
      'DROP TABLE "App ""Odd"" Ørder", app_customer',
      "DROP TABLE app_more.app_customer",
      `DROP TABLE ${longName("a")}, ${longName("b")}`,
      "DROP TYPE app_state",
    ],
    inverse: [STATE, CUSTOMER, ODD, SAME_NAME, LONG("a"), LONG("b"), OPEN].join(";\n"),
  },
  {
    what: "makes what holds rows of its own types",
    sql: [
      "CREATE TYPE v7_mood AS ENUM ('calm', 'busy')",
      "CREATE DOMAIN v7_mail AS text CHECK (VALUE LIKE '%@%')",
      "CREATE TABLE v7_note (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mood v7_mood, mail v7_mail)",
      "CREATE TABLE v7_more_notes (more text) INHERITS (v7_note)",
      "ALTER TABLE app_stays ADD COLUMN v7_mood v7_mood DEFAULT 'calm'",
    ],
    inverse:
      "ALTER TABLE app_stays DROP COLUMN v7_mood; DROP TABLE v7_more_notes; DROP TABLE v7_note; DROP DOMAIN v7_mail; DROP TYPE v7_mood",
  },
];

const APPLICATION_ROWS = `
INSERT INTO app_customer (name, state, tags, states, note) VALUES
  ('a', 'new', '{x,"y z",NULL}', '{new,"on hold"}', '{"k": [1, null]}'), ('"b", c', NULL, NULL, '{}', NULL), ('', 'on hold', '{}', NULL, 'null');
INSERT INTO app_customer (name, parent) SELECT 'name ' || n, 1 FROM generate_series(1, 200) n;
INSERT INTO app_customer (name) VALUES ('same'), ('same');
INSERT INTO "App ""Odd"" Ørder" ("a ""b""", customer, at) SELECT 'x' || n % 7, 1 + n % 3, now() FROM generate_series(1, 100) n;
INSERT INTO app_more.app_customer VALUES (1), (1), (NULL);
INSERT INTO ${longName("a")} VALUES (1);
INSERT INTO ${longName("b")} VALUES (2);
INSERT INTO app_stays (id, kept, "Old Value", old_state) SELECT n, 'k', nullif('old ' || n % 4, 'old 0'), 'new' FROM generate_series(1, 50) n;
UPDATE app_stays SET old_state = NULL WHERE id = 4;
UPDATE app_stays SET old_state = 'on hold' WHERE id = 8;
`;

const NEW_ROWS = `
INSERT INTO v7_note (mood, mail) VALUES ('calm', 'a@b'), (NULL, 'c@d');
INSERT INTO v7_more_notes (id, mood, more) VALUES (7, 'busy', 'more'), (7, 'busy', 'more');
UPDATE app_stays SET v7_mood = 'busy' WHERE id < 4;
`;

const BEFORE = [
  "app_customer",
  '"App ""Odd"" Ørder"',
  "app_more.app_customer",
  longName("a"),
  longName("b"),
  "app_stays",
];
const AFTER = ["v7_note", "v7_more_notes", "app_stays"];

/** Every row of these tables, without those of tables that inherit. */
async function rowsOf(client: Client, tables: readonly string[]): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for (const table of tables) {
    const query = `SELECT to_jsonb(one) AS row FROM ONLY ${table} AS one ORDER BY one::text`;
    found.push([table, (await client.query<{ row: unknown }>(query)).rows.map(({ row }) => row)]);
  }
  return found;
}

// One story, told in order.
describe.each(MAJORS)("what a later directive drops on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major }, removeCopies);
  let request: TestRequest;
  let client: Client;
  let superuser: Client;
  let before: readonly unknown[];
  let after: readonly unknown[];

  beforeAll(async () => {
    const folder = await laterDirective(APPLICATION, STEPS);
    await lockLater(folder, major);
    const { database } = await carriedOut(server(), SQL_FOLDER, APPLICATION);
    request = await applyRequest(database, folder);
    client = await database.connect();
    superuser = await database.connect(server().superuser);
    await client.query(APPLICATION_ROWS);
    before = await rowsOf(client, BEFORE);
  });

  it("is archived with every row, and the history says where", async () => {
    await applyDirective(request);
    expect(await driftOf(client, request)).toStrictEqual([]);
    const { rows } = await client.query<{ archived: readonly { from: string; rows: number }[] }>(
      "SELECT details -> 'archived' AS archived FROM v7_control.history WHERE directive = 'ad_006' LIMIT 1",
    );
    expect(rows[0]?.archived.map(({ from, rows: count }) => [from, count]).sort()).toStrictEqual(
      [
        ['public.App "Odd" Ørder', 100],
        ['public.App "Odd" Ørder_Key_seq', 1],
        [`public.${BEFORE[3] ?? ""}`, 1],
        [`public.${BEFORE[4] ?? ""}`, 1],
        ["public.app_customer", 205],
        ["public.app_customer_id_seq", 1],
        ["public.app_stays", 50],
        ["app_more.app_customer", 3],
      ].sort(),
    );
    expect(await listArchives(client)).toHaveLength(1);
  });

  it("can be read in the archive only by the auditor and the owner", async () => {
    const { rows } = await superuser.query<{ table: string; grants: string }>(
      `SELECT DISTINCT a.grantee::regrole::text || ': ' || a.privilege_type AS grants
         FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
        WHERE c.relnamespace = 'v7_archive'::regnamespace AND a.grantee <> c.relowner`,
    );
    expect(rows).toStrictEqual([{ grants: "v7_auditor: SELECT" }]);
  });

  it("cannot be restored while the directive is applied", async () => {
    await expect(restoreArchive(request)).rejects.toThrow(
      /^RESTORE_REFUSED: .*found .*tables that are not there/,
    );
  });

  it("exists again after a rollback, and has its rows again after a restore", async () => {
    await client.query(NEW_ROWS);
    after = await rowsOf(client, AFTER);
    const [first = ""] = await listArchives(client);
    const { archived } = await rollbackDirective({ ...request, to: "ad_005" });
    expect(archived.map(({ from, rows }) => [from, rows])).toStrictEqual([
      ["public.v7_note", 2],
      ["public.v7_more_notes", 2],
      ["public.app_stays", 3],
      ["public.v7_note_id_seq", 1],
    ]);
    expect(await driftOf(client, request)).toStrictEqual([]);
    const population = await rowsOf(client, ["v7_migration_workflow", "v7_enum_migrations"]);
    const restored = await restoreArchive({ ...request, archive: first });
    expect(await rowsOf(client, BEFORE)).toStrictEqual(before);
    expect(restored.reduce((sum, one) => sum + one.restored, 0)).toBe(205 + 100 + 3 + 2 + 40 + 2);
    expect(await rowsOf(client, ["v7_migration_workflow", "v7_enum_migrations"])).toStrictEqual(
      population,
    );
    expect(await driftOf(client, request)).toStrictEqual([]);
  });

  it("continues its sequences where they ended", async () => {
    const { rows } = await client.query<{ id: string }>(
      "INSERT INTO app_customer (name) VALUES ('next') RETURNING id",
    );
    expect(Number(rows[0]?.id)).toBeGreaterThan(205);
    await client.query("DELETE FROM app_customer WHERE name = 'next'");
  });

  it("is archived again when the directive is applied again, under another mark", async () => {
    const marks = await listArchives(client);
    await applyDirective(request);
    const [newest = "", ...others] = await listArchives(client);
    expect(others).toStrictEqual(marks);
    expect(marks).not.toContain(newest);
    // A restore puts what the rollback archived back into the directive's own tables.
    await restoreArchive({ ...request, archive: marks[0] ?? "" });
    expect(await rowsOf(client, AFTER)).toStrictEqual(after);
    expect(await driftOf(client, request)).toStrictEqual([]);
    await rollbackDirective({ ...request, to: "ad_005" });
    await restoreArchive({ ...request, archive: newest });
    expect(await rowsOf(client, BEFORE)).toStrictEqual(before);
  });
});

describe.each(MAJORS)(
  "rows of a table that a later directive renamed, on PostgreSQL %i",
  (major) => {
    const server = serverOfFile({ major }, removeCopies);

    /** A database with ad_005, and ad_006 of this SQL, and a row that somebody wrote into a renamed table. */
    const withLater = async (
      step: LaterStep,
    ): Promise<{ request: TestRequest; client: Client }> => {
      const folder = await laterDirective("", [step]);
      await lockLater(folder, major);
      const { database } = await carriedOut(server(), SQL_FOLDER);
      const client = await database.connect();
      await client.query("DELETE FROM v7_subworkflow_tasks WHERE parent_phase <> 4");
      const request = await applyRequest(database, folder);
      await applyDirective(request);
      return { request, client };
    };

    it("are restored in place of the population's rows, which are recognized as unchanged", async () => {
      const { request, client } = await withLater({
        sql: [
          "ALTER TABLE v7_migration_workflow RENAME COLUMN lead_persona TO lead",
          "ALTER TABLE v7_subworkflow_tasks RENAME TO v7_tasks",
          "ALTER TABLE v7_tasks RENAME COLUMN task_name TO name",
          "CREATE SCHEMA v7_workflow",
          "ALTER TABLE v7_tasks SET SCHEMA v7_workflow",
          "CREATE TABLE v7_workflow.notes (note text)",
        ],
        inverse: `DROP TABLE v7_workflow.notes; ALTER TABLE v7_workflow.v7_tasks SET SCHEMA public; DROP SCHEMA v7_workflow;
          ALTER TABLE v7_tasks RENAME COLUMN name TO task_name; ALTER TABLE v7_tasks RENAME TO v7_subworkflow_tasks;
          ALTER TABLE v7_migration_workflow RENAME COLUMN lead TO lead_persona`,
      });
      const tasks = { schema: "v7_workflow", name: "v7_tasks" };
      const written = async (): Promise<readonly unknown[]> => {
        await client.query("BEGIN");
        const found = await findWrittenTables(client, [tasks], request.allSteps);
        await client.query("ROLLBACK");
        return found;
      };
      expect(await written()).toStrictEqual([]);
      await client.query(
        "UPDATE v7_workflow.v7_tasks SET status = 'completed' WHERE task_number = 1",
      );
      expect(await written()).toStrictEqual([{ table: "v7_workflow.v7_tasks", rows: 1 }]);
      await client.query("INSERT INTO v7_workflow.notes VALUES ('a note')");
      const tables = ["v7_workflow.v7_tasks", "v7_workflow.notes", "v7_migration_workflow"];
      const before = await rowsOf(client, tables);

      await rollbackDirective(request);
      await applyDirective(request);
      await restoreArchive(request);
      expect(await rowsOf(client, tables)).toStrictEqual(before);
      await grantAll(client, request.access);
      expect(await driftOf(client, request)).toStrictEqual([]);
    });

    it("are not restored when the population's rows cannot be recognized, with what to do", async () => {
      const { request, client } = await withLater({
        sql: "ALTER TABLE v7_migration_workflow ALTER COLUMN deliverables TYPE json USING deliverables::json",
        inverse:
          "ALTER TABLE v7_migration_workflow ALTER COLUMN deliverables TYPE jsonb USING deliverables::jsonb",
      });
      await client.query(
        "UPDATE v7_subworkflow_tasks SET status = 'completed' WHERE task_number = 1",
      );
      await rollbackDirective(request);
      await applyDirective(request);
      const { code, message } = await faultOf(() => restoreArchive(request));
      expect(code).toBe("RESTORE_REFUSED");
      expect(message).toContain("Take back the directive that changed it, with --to");
      const { rows } = await client.query(
        "SELECT FROM v7_subworkflow_tasks WHERE status = 'completed'",
      );
      expect(rows).toHaveLength(0);
    });
  },
);
