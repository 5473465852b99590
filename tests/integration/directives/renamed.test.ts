import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { rehearse } from "../../../runner/rehearsal/rehearse";
import type { RehearseRequest } from "../../../runner/rehearsal/rehearsedTarget";
import { applyRequest, SQL_FOLDER } from "../../support/directive";
import { carriedOut, driftOf } from "../../support/drift";
import { laterDirective, lockLater } from "../../support/laterDirective";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { removeCopies } from "../../support/sqlFolder";

const APPLICATION = `
CREATE TYPE app_mood AS ENUM ('calm', 'busy');
CREATE TABLE app_user (id bigserial PRIMARY KEY, mail text UNIQUE, mood app_mood, made timestamptz);
CREATE TABLE app_like (user_id bigint REFERENCES app_user (id), post integer, PRIMARY KEY (user_id, post));
CREATE TABLE app_measure (device integer, at date, value integer) PARTITION BY RANGE (at);
CREATE TABLE app_measure_1 PARTITION OF app_measure FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
`;

const FIRST = [
  {
    sql: [
      "CREATE TYPE v7_state AS ENUM ('new', 'done')",
      "CREATE SCHEMA v7_first",
      "CREATE TABLE v7_first.note (id serial PRIMARY KEY, state v7_state)",
      "ALTER TYPE app_mood RENAME TO v7_old_mood",
      "CREATE TYPE app_mood AS ENUM ('calm', 'tense')",
      "ALTER TABLE app_user RENAME TO app_account",
      "ALTER TABLE app_account RENAME COLUMN mail TO email",
      "ALTER TABLE app_account ADD COLUMN v7_mood app_mood",
      "ALTER TABLE app_like DROP CONSTRAINT app_like_pkey",
      "ALTER TABLE app_like ADD COLUMN v7_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
      "ALTER TABLE app_measure ADD COLUMN v7_unit text",
    ],
    inverse: `ALTER TABLE app_measure DROP COLUMN v7_unit; ALTER TABLE app_like DROP COLUMN v7_id; ALTER TABLE app_like ADD PRIMARY KEY (user_id, post);
      ALTER TABLE app_account DROP COLUMN v7_mood; ALTER TABLE app_account RENAME COLUMN email TO mail; ALTER TABLE app_account RENAME TO app_user;
      DROP TYPE app_mood; ALTER TYPE v7_old_mood RENAME TO app_mood; DROP TABLE v7_first.note; DROP SCHEMA v7_first; DROP TYPE v7_state`,
  },
];

const SECOND = [
  {
    sql: [
      "ALTER TYPE v7_state RENAME TO v7_status",
      "ALTER SCHEMA v7_first RENAME TO v7_second",
      "ALTER TABLE v7_second.note RENAME TO remark",
      "ALTER TABLE v7_second.remark RENAME COLUMN state TO status",
      "ALTER TABLE app_account ADD COLUMN v7_more text",
      "ALTER TABLE app_measure RENAME TO app_value",
      "ALTER TABLE app_value ADD COLUMN v7_more text",
    ],
    inverse: `ALTER TABLE app_value DROP COLUMN v7_more; ALTER TABLE app_value RENAME TO app_measure; ALTER TABLE app_account DROP COLUMN v7_more;
      ALTER TABLE v7_second.remark RENAME COLUMN status TO state; ALTER TABLE v7_second.remark RENAME TO note;
      ALTER SCHEMA v7_second RENAME TO v7_first; ALTER TYPE v7_status RENAME TO v7_state`,
  },
];

describe.each(MAJORS)(
  "a directive that renames what an earlier one created and altered, on PostgreSQL %i",
  (major) => {
    const server = serverOfFile({ major }, removeCopies);

    const expectRehearsed = async (request: RehearseRequest): Promise<void> => {
      const rehearsal = await rehearse(request);
      expect(rehearsal?.differences).toStrictEqual([]);
      expect(rehearsal?.obstacles).toBeUndefined();
    };

    it("is rehearsed, applied and rolled back, with the earlier directive and without it", async () => {
      const folder = await laterDirective(APPLICATION, FIRST);
      await lockLater(folder, major);
      await laterDirective(APPLICATION, SECOND, folder, "ad_007");
      await lockLater(folder, major, "ad_007");
      const { database } = await carriedOut(server(), SQL_FOLDER, APPLICATION);
      const client = await database.connect();
      const request = await applyRequest(database, folder);
      const expectNoDrift = async (): Promise<void> => {
        expect(await driftOf(client, request)).toStrictEqual([]);
      };

      await expectRehearsed(request);
      await applyDirective(request);
      await expectNoDrift();
      await expectRehearsed({ ...request, action: "rollback", to: "ad_006" });
      await rollbackDirective({ ...request, to: "ad_006" });
      await expectRehearsed(request);
      await applyDirective(request);
      await expectNoDrift();
      await expectRehearsed({ ...request, action: "rollback", to: "ad_005" });
      await rollbackDirective({ ...request, to: "ad_005" });
      await expectRehearsed(request);
      await applyDirective(request);
      await expectRehearsed({ ...request, action: "rollback" });
      await rollbackDirective(request);
    });
  },
);
