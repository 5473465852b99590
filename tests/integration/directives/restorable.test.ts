import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { listArchives } from "../../../runner/actions/restorable";
import { restoreArchive } from "../../../runner/actions/restore";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { applyRequest, SQL_FOLDER, type TestRequest } from "../../support/directive";
import { carriedOut } from "../../support/drift";
import { faultOf } from "../../support/faults";
import { laterDirective, lockLater } from "../../support/laterDirective";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { removeCopies } from "../../support/sqlFolder";

const APPLICATION = `
CREATE TABLE app_gone (id integer, note text);
CREATE TABLE app_stays (id integer PRIMARY KEY, one text, two text);
`;

describe.each(MAJORS)("what an archive has, on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major }, removeCopies);

  let folder = "";

  beforeAll(async () => {
    const drop = { sql: "ALTER TABLE app_stays DROP COLUMN two" };
    folder = await laterDirective(APPLICATION, [
      { ...drop, inverse: "ALTER TABLE app_stays ADD COLUMN two text" },
    ]);
    await lockLater(folder, major);
    await laterDirective(
      APPLICATION,
      [
        {
          sql: ["ALTER TABLE app_stays DROP COLUMN one", "DROP TABLE app_gone"],
          inverse:
            "CREATE TABLE app_gone (id integer, note text); ALTER TABLE app_stays ADD COLUMN one text; GRANT ALL ON app_gone TO anon, authenticated, service_role",
        },
      ],
      folder,
      "ad_007",
    );
    await lockLater(folder, major, "ad_007");
  });

  /** A database on which ad_006 and ad_007 ran together, and dropped a table and two columns: one archive. */
  async function dropped(): Promise<{ request: TestRequest; client: Client; archive: string }> {
    const { database } = await carriedOut(server(), SQL_FOLDER, APPLICATION);
    const client = await database.connect();
    await client.query(
      "INSERT INTO app_gone VALUES (1, 'a note'); INSERT INTO app_stays VALUES (1, 'one', 'two'), (2, NULL, 'two')",
    );
    const request = await applyRequest(database, folder);
    await applyDirective(request);
    const [archive = ""] = await listArchives(client);
    return { request, client, archive };
  }

  const rowsOf = async (client: Client): Promise<readonly unknown[]> => [
    (await client.query("SELECT * FROM app_gone")).rows,
    (await client.query("SELECT * FROM app_stays ORDER BY id")).rows,
  ];

  it.each([
    [
      "lacks a column",
      "ALTER TABLE app_gone DROP COLUMN note",
      /^ {2}- v7_archive\.app_gone_\w+: public\.app_gone lacks note$/,
    ],
    [
      "has no column at all",
      "DROP TABLE app_gone; CREATE TABLE app_gone ()",
      /^ {2}- v7_archive\.app_gone_\w+: public\.app_gone lacks id, note$/,
    ],
    [
      "computes all its columns",
      `DROP TABLE app_gone; CREATE TABLE app_gone
         (id integer GENERATED ALWAYS AS (2) STORED, note text GENERATED ALWAYS AS ('x') STORED)`,
      /^ {2}- v7_archive\.app_gone_\w+: public\.app_gone has no column for it$/,
    ],
    [
      "is not there",
      "DROP TABLE app_gone",
      /^ {2}- v7_archive\.app_gone_\w+: public\.app_gone lacks id, note$/,
    ],
  ])("is refused as a whole where a table %s, and nothing is restored", async (_, sql, line) => {
    const { request, client, archive } = await dropped();
    await rollbackDirective({ ...request, to: "ad_005" });
    await client.query(sql);
    const { code, message } = await faultOf(() => restoreArchive({ ...request, archive }));
    expect(code).toBe("RESTORE_REFUSED");
    expect(message.split("\n").slice(1)).toStrictEqual([expect.stringMatching(line)]);
    const { rows } = await client.query("SELECT FROM app_stays WHERE one IS NOT NULL");
    expect(rows).toHaveLength(0);
  });

  it("is refused where a table has another name now", async () => {
    const { request, client, archive } = await dropped();
    await rollbackDirective({ ...request, to: "ad_005" });
    await client.query(`ALTER TABLE v7_archive.app_stays_${archive} RENAME TO other_${archive}`);
    await expect(restoreArchive({ ...request, archive })).rejects.toThrow(
      new RegExp(
        `^RESTORE_REFUSED: .*\\n {2}- v7_archive\\.other_${archive}: no table of its own$`,
        "s",
      ),
    );
  });

  it("is restored without what a directive that stays has dropped, and as a whole after that one", async () => {
    const { request, client, archive } = await dropped();
    await rollbackDirective({ ...request, to: "ad_006" });
    await restoreArchive({ ...request, archive });
    expect(await rowsOf(client)).toStrictEqual([
      [{ id: 1, note: "a note" }],
      [
        { id: 1, one: "one" },
        { id: 2, one: null },
      ],
    ]);
    await rollbackDirective({ ...request, to: "ad_005" });
    await restoreArchive({ ...request, archive });
    expect(await rowsOf(client)).toStrictEqual([
      [{ id: 1, note: "a note" }],
      [
        { id: 1, one: "one", two: "two" },
        { id: 2, one: null, two: "two" },
      ],
    ]);
  });
});
