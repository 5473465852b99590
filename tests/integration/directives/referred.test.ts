import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { listArchives } from "../../../runner/actions/restorable";
import { restoreArchive } from "../../../runner/actions/restore";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { rehearse } from "../../../runner/rehearsal/rehearse";
import { applyRequest, SQL_FOLDER, type TestRequest } from "../../support/directive";
import { carriedOut, driftOf } from "../../support/drift";
import { faultOf } from "../../support/faults";
import { laterDirective, lockLater } from "../../support/laterDirective";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { removeCopies } from "../../support/sqlFolder";

const OLD = 'CREATE TABLE "app Old" (id integer PRIMARY KEY, note text)';
const KEY = 'FOREIGN KEY (old) REFERENCES "app Old"';
const APPLICATION = `${OLD};
CREATE TABLE app_stays (id integer PRIMARY KEY, old integer CONSTRAINT app_key REFERENCES "app Old");
CREATE TABLE app_more (id integer PRIMARY KEY);
ALTER TABLE app_stays ADD CONSTRAINT app_other FOREIGN KEY (id) REFERENCES app_more;
`;
const OPEN = 'GRANT ALL ON "app Old" TO anon, authenticated, service_role';

describe.each(MAJORS)("a dropped table to which another refers, on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major }, removeCopies);
  let folder = "";

  beforeAll(async () => {
    folder = await laterDirective(APPLICATION, [
      {
        sql: 'DROP TABLE "app Old" CASCADE',
        inverse: `${OLD}; ${OPEN}; ALTER TABLE app_stays ADD CONSTRAINT app_key ${KEY} NOT VALID`,
      },
    ]);
    await lockLater(folder, major);
  });

  /** A database with rows in both tables, on which the directive has been applied. */
  async function applied(): Promise<{ request: TestRequest; client: Client; archive: string }> {
    const { database } = await carriedOut(server(), SQL_FOLDER, APPLICATION);
    const client = await database.connect();
    await client.query(
      `INSERT INTO "app Old" VALUES (1, 'a'), (2, 'b'); INSERT INTO app_more VALUES (1), (2); INSERT INTO app_stays VALUES (1, 1), (2, NULL)`,
    );
    const request = await applyRequest(database, folder);
    await applyDirective(request);
    const [archive = ""] = await listArchives(client);
    return { request, client, archive };
  }

  it("gets its rows back, and then its foreign key is valid again", async () => {
    const { request, client, archive } = await applied();
    const rehearsal = await rehearse({ ...request, action: "rollback", to: "ad_005" });
    expect(rehearsal?.differences).toStrictEqual([]);
    await rollbackDirective({ ...request, to: "ad_005" });
    await restoreArchive({ ...request, archive });
    const { rows } = await client.query(
      "SELECT convalidated, pg_get_constraintdef(oid) AS key FROM pg_constraint WHERE conname = 'app_key'",
    );
    expect(rows).toStrictEqual([{ convalidated: true, key: `${KEY}(id)` }]);
    expect((await client.query('SELECT FROM "app Old"')).rowCount).toBe(2);
    expect(await driftOf(client, request)).toStrictEqual([]);
  });

  it("is not restored where a row refers to one that never was there", async () => {
    const { request, client, archive } = await applied();
    await client.query("UPDATE app_stays SET old = 7 WHERE id = 2");
    await rollbackDirective({ ...request, to: "ad_005" });
    const { message } = await faultOf(() => restoreArchive({ ...request, archive }));
    expect(message).toMatch(
      /^RESTORE_REFUSED: validating a foreign key .*\(old\)=\(7\) is not present/,
    );
    expect((await client.query('SELECT FROM "app Old"')).rowCount).toBe(0);
  });

  it.each([
    [
      "a foreign key to a table that stays",
      "DROP CONSTRAINT app_other",
      "ADD CONSTRAINT app_other FOREIGN KEY (id) REFERENCES app_more NOT VALID",
    ],
    [
      "a check",
      "ADD CONSTRAINT app_check CHECK (id > 0)",
      "DROP CONSTRAINT app_check, ADD CONSTRAINT app_check CHECK (id > 0) NOT VALID",
    ],
  ])(
    "is the only one whose key an inverse may leave NOT VALID, not %s",
    async (_, sql, inverse) => {
      const other = await laterDirective(APPLICATION, [
        { sql: `ALTER TABLE app_stays ${sql}`, inverse: `ALTER TABLE app_stays ${inverse}` },
      ]);
      expect((await faultOf(() => lockLater(other, major))).message).toMatch(
        /^DIRECTIVE_REFUSED: running sql\/ad_006\/rollback\/section_1\.sql /,
      );
    },
  );
});
