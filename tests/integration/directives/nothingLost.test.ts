import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { listArchives } from "../../../runner/actions/restorable";
import { restoreArchive } from "../../../runner/actions/restore";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { refuseUnnamedDrops } from "../../../runner/execute/unnamedDrops";
import { driftOf } from "../../support/drift";
import { faultOf } from "../../support/faults";
import {
  beforeLater,
  type BeforeLater,
  laterDirective,
  lockLater,
  type LaterStep,
} from "../../support/laterDirective";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { removeCopies } from "../../support/sqlFolder";

const APPLICATION = `
CREATE SEQUENCE app_numbers;
CREATE TABLE app_bill (id integer PRIMARY KEY, number integer DEFAULT nextval('app_numbers'), state text DEFAULT 'new');
CREATE TABLE app_alike (a integer, b text);
CREATE TABLE app_part (id integer, gone text) PARTITION BY LIST (id);
CREATE TABLE app_part_1 PARTITION OF app_part FOR VALUES IN (1);
CREATE TABLE app_again (id integer, note text);
CREATE TABLE app_filled (id serial PRIMARY KEY, key uuid DEFAULT gen_random_uuid());
`;

const DROPS: LaterStep = {
  sql: "ALTER TABLE app_bill DROP COLUMN number, DROP COLUMN state",
  inverse: `ALTER TABLE app_bill ADD COLUMN number integer, ADD COLUMN state text;
    ALTER TABLE app_bill ALTER COLUMN number SET DEFAULT nextval('app_numbers'), ALTER COLUMN state SET DEFAULT 'new'`,
};
const ADDS: LaterStep = {
  sql: [
    "ALTER TABLE app_bill ADD COLUMN v7_late text",
    "ALTER TABLE app_bill ALTER COLUMN v7_late SET DEFAULT 'late'",
    "ALTER TABLE app_bill ADD COLUMN v7_at timestamptz DEFAULT now(), ADD COLUMN v7_box box DEFAULT '(1,1),(0,0)'",
    `ALTER TABLE app_bill ADD COLUMN v7_json json DEFAULT '{}',
       ADD COLUMN v7_sum numeric(9, 2) DEFAULT 0, ADD COLUMN v7_code character(5) DEFAULT 'ab', ADD COLUMN v7_all integer[] DEFAULT '{1,2}'`,
  ],
  inverse: `ALTER TABLE app_bill DROP COLUMN v7_late, DROP COLUMN v7_at, DROP COLUMN v7_box, DROP COLUMN v7_json, DROP COLUMN v7_sum,
    DROP COLUMN v7_code, DROP COLUMN v7_all`,
};

describe.each(MAJORS)("what people wrote, on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major }, removeCopies);

  /** A database with ad_005, these rows of the application, and the request to apply ad_006 of one step. */
  const prepared = (step: LaterStep, rows: string): Promise<BeforeLater> =>
    beforeLater(server(), { major, application: APPLICATION, step, rows });

  const read = async (client: Client, query: string): Promise<readonly unknown[]> =>
    (await client.query<Record<string, unknown>>(query)).rows;

  it("into columns with defaults is archived and restored when they are dropped, and no number is taken", async () => {
    const { request, client } = await prepared(
      DROPS,
      `INSERT INTO app_bill SELECT n, n FROM generate_series(1, 5) n;
       INSERT INTO app_bill VALUES (6, NULL, 'paid'), (7, 900, NULL)`,
    );
    const rows = "SELECT id, number, state FROM app_bill ORDER BY id";
    const numbers = "SELECT last_value, is_called FROM app_numbers";
    const before = [await read(client, rows), await read(client, numbers)];
    await applyDirective(request);
    const [archive = ""] = await listArchives(client);
    await rollbackDirective({ ...request, to: "ad_005" });
    await restoreArchive({ ...request, archive });
    expect([await read(client, rows), await read(client, numbers)]).toStrictEqual(before);
    expect(await driftOf(client, request)).toStrictEqual([]);
  });

  it("into added columns is restored, whatever default they have got since", async () => {
    const { request, client } = await prepared(
      ADDS,
      "INSERT INTO app_bill (id) VALUES (1), (2), (3)",
    );
    await applyDirective(request);
    await client.query(
      `UPDATE app_bill SET v7_late = 'written', v7_json = '{"a": 1}' WHERE id = 1;
       UPDATE app_bill SET v7_late = 'late', v7_box = '(2,0.5),(0,0)' WHERE id = 2; INSERT INTO app_bill (id) VALUES (4)`,
    );
    const rows =
      "SELECT id, v7_late, v7_at::text, v7_json, v7_box, v7_sum, v7_code, v7_all FROM app_bill ORDER BY id";
    const before = await read(client, rows);
    await rollbackDirective({ ...request, to: "ad_005" });
    await applyDirective(request);
    await restoreArchive(request);
    expect(await read(client, rows)).toStrictEqual(before);
  });

  const FILLED: LaterStep = {
    sql: "ALTER TABLE app_bill ADD COLUMN v7_key uuid DEFAULT gen_random_uuid(), ADD COLUMN v7_number serial",
    inverse: "ALTER TABLE app_bill DROP COLUMN v7_key, DROP COLUMN v7_number",
  };

  it("into columns that their default fills again is restored, but over nothing that was written since", async () => {
    const { request, client } = await prepared(
      FILLED,
      "INSERT INTO app_bill (id) VALUES (3), (2), (1)",
    );
    await applyDirective(request);
    await client.query("UPDATE app_bill SET v7_number = 70 WHERE id = 1");
    const rows = "SELECT id, v7_key, v7_number FROM app_bill ORDER BY id";
    const before = await read(client, rows);
    await rollbackDirective({ ...request, to: "ad_005" });
    await applyDirective(request);
    await client.query("UPDATE app_bill SET v7_key = gen_random_uuid() WHERE id = 2");
    const { message } = await faultOf(() => restoreArchive(request));
    expect(message).toMatch(/^RESTORE_REFUSED: .*\n {2}- id \(2\): written since$/s);
    await client.query("DELETE FROM app_bill WHERE id = 2; INSERT INTO app_bill (id) VALUES (2)");
    await expect(restoreArchive(request)).rejects.toThrow(/- id \(2\): written since$/);
    await client.query("DELETE FROM app_bill WHERE id = 2");
    await restoreArchive(request);
    expect(await read(client, rows)).toStrictEqual([before[0], before[2]]);
  });

  it("into a column that an inverse fills again is restored", async () => {
    const { request, client } = await prepared(
      {
        sql: "ALTER TABLE app_filled DROP COLUMN key",
        inverse: "ALTER TABLE app_filled ADD COLUMN key uuid DEFAULT gen_random_uuid()",
      },
      "INSERT INTO app_filled SELECT FROM generate_series(1, 3)",
    );
    const rows = "SELECT * FROM app_filled ORDER BY id";
    const before = await read(client, rows);
    await applyDirective(request);
    const [archive = ""] = await listArchives(client);
    await rollbackDirective({ ...request, to: "ad_005" });
    await restoreArchive({ ...request, archive });
    expect(await read(client, rows)).toStrictEqual(before);
  });

  it("is not archived where nobody wrote into added columns with defaults", async () => {
    const step = {
      sql: ADDS.sql[3] ?? "",
      inverse: ADDS.inverse?.replace(/v7_late.*v7_box, DROP COLUMN /, "") ?? "",
    };
    const { request } = await prepared(step, "INSERT INTO app_bill (id) VALUES (1), (2), (3)");
    await applyDirective(request);
    expect((await rollbackDirective({ ...request, to: "ad_005" })).archived).toStrictEqual([]);
  });

  it("is not restored into rows that nothing tells apart, and the message says which", async () => {
    const { request, client } = await prepared(
      {
        sql: "ALTER TABLE app_alike DROP COLUMN b",
        inverse: "ALTER TABLE app_alike ADD COLUMN b text",
      },
      "INSERT INTO app_alike VALUES (1, 'x'), (1, NULL), (2, 'y'), (2, 'y')",
    );
    await applyDirective(request);
    const [archive = ""] = await listArchives(client);
    await rollbackDirective({ ...request, to: "ad_005" });
    const { message } = await faultOf(() => restoreArchive({ ...request, archive }));
    expect(message).toMatch(
      /^RESTORE_REFUSED: .*found rows that are equal in all other columns, and no primary key/,
    );
    expect(message.split("\n").slice(1)).toStrictEqual(["  - a (1)"]);
    expect(await read(client, "SELECT b FROM app_alike WHERE b IS NOT NULL")).toStrictEqual([]);
  });

  it.each([
    [
      "a DO block",
      "DO $$ DECLARE one name; BEGIN FOR one IN SELECT relname FROM pg_class WHERE relname ~ '^app_other' LOOP EXECUTE 'DROP TABLE ' || one; END LOOP; END $$",
      "SELECT",
      "CREATE TABLE app_other (id integer); INSERT INTO app_other VALUES (1)",
      "table public.app_other",
    ],
    [
      "DROP IF EXISTS",
      "DROP TABLE IF EXISTS app_other",
      "SELECT",
      "CREATE TABLE app_other (id integer); INSERT INTO app_other VALUES (1)",
      "table public.app_other",
    ],
  ])("is not dropped by %s without an archive", async (_, sql, inverse, rows, found) => {
    const { request, client } = await prepared({ sql, inverse }, rows);
    const { message } = await faultOf(() => applyDirective(request));
    expect(message).toMatch(
      /^VERIFY_FAILED: looking at what the statements dropped: found tables, columns or sequences that no archive has, .*Nothing was changed: /,
    );
    expect(message.split("\n").slice(1)).toStrictEqual([`  - ${found}`]);
    expect(await listArchives(client)).toStrictEqual([]);
  });

  it.each([
    [
      "drops IF EXISTS",
      "CREATE TABLE v7_new (id integer)",
      "DROP TABLE IF EXISTS v7_new, app_other",
      "CREATE TABLE app_other (id integer); INSERT INTO app_other VALUES (1)",
      "table public.app_other",
    ],
  ])("is not dropped by a rollback that %s", async (_, sql, inverse, rows, found) => {
    const { request, client } = await prepared({ sql, inverse }, "SELECT");
    await applyDirective(request);
    await client.query(rows);
    const { message } = await faultOf(() => rollbackDirective({ ...request, to: "ad_005" }));
    expect(message).toMatch(/^VERIFY_FAILED: looking at what the statements dropped: /);
    expect(message.split("\n").slice(1)).toStrictEqual([`  - ${found}`]);
    expect(await driftOf(client, request)).toStrictEqual([]);
  });

  it.each([
    [
      "a column",
      "ALTER TABLE app_again DROP COLUMN note, ADD COLUMN note integer",
      "ALTER TABLE app_again ALTER COLUMN note TYPE text USING note::text",
      /^DIRECTIVE_REFUSED: comparing the tables and columns before and after ad_006: .*\n {2}column note of table public\.app_again$/,
    ],
    [
      "a table",
      ["DROP TABLE app_again", "CREATE TABLE app_again (id integer, note integer)"],
      "DROP TABLE app_again; CREATE TABLE app_again (id integer, note text); GRANT ALL ON app_again TO anon, authenticated, service_role",
      /^DIRECTIVE_REFUSED: comparing the tables .*\n {2}table public\.app_again$/,
    ],
    [
      "a column by the inverse",
      "ALTER TABLE app_again ALTER COLUMN note TYPE integer USING NULL",
      "ALTER TABLE app_again DROP COLUMN note, ADD COLUMN note text",
      /^DIRECTIVE_REFUSED: running sql\/ad_006\/rollback\/section_1\.sql after .*\n {2}dropped and made again, without what people wrote: column note of table public\.app_again$/,
    ],
  ])(
    "is not lost where a directive makes %s again: it cannot be locked",
    async (_, sql, inverse, found) => {
      const folder = await laterDirective(APPLICATION, [{ sql, inverse }]);
      const { message } = await faultOf(() => lockLater(folder, major));
      expect(message).toMatch(found);
    },
  );

  it("does not stop a run where another session drops a table of its own meanwhile", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const [client, other] = [await database.connect(), await database.connect()];
    await other.query("CREATE TABLE scratch (id integer); CREATE TABLE ours (id integer)");
    await client.query("BEGIN");
    const none = { tables: [], columns: [] };
    await refuseUnnamedDrops(client, none, false, () => other.query("DROP TABLE scratch"));
    const drop = () =>
      refuseUnnamedDrops(client, none, false, () => client.query("DROP TABLE ours"));
    await expect(drop()).rejects.toThrow(/^VERIFY_FAILED: .*\n {2}- table public\.ours$/s);
    await client.query("ROLLBACK");
  });

  it("into a partition that the lock does not know is archived with the whole table", async () => {
    const { request, client } = await prepared(
      {
        sql: "ALTER TABLE app_part DROP COLUMN gone",
        inverse: "ALTER TABLE app_part ADD COLUMN gone text",
      },
      "CREATE TABLE app_part_2 PARTITION OF app_part FOR VALUES IN (2); INSERT INTO app_part VALUES (1, 'a'), (2, 'b')",
    );
    const before = await read(client, "SELECT * FROM app_part ORDER BY id");
    await applyDirective(request);
    const [archive = ""] = await listArchives(client);
    await rollbackDirective({ ...request, to: "ad_005" });
    await restoreArchive({ ...request, archive });
    expect(await read(client, "SELECT * FROM app_part ORDER BY id")).toStrictEqual(before);
  });
});
