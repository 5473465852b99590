import type { Client } from "pg";
import { applyRequest, planned, SQL_FOLDER } from "../../support/directive";
import { carriedOut } from "../../support/drift";
import { laterDirective, lockLater } from "../../support/laterDirective";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { removeCopies } from "../../support/sqlFolder";

/** What the baseline has too: the lock names all of it. */
const APPLICATION = `
CREATE TYPE app_mood AS ENUM ('calm', 'busy');
CREATE TABLE app_old (id integer PRIMARY KEY, mood app_mood);
CREATE INDEX app_old_mood ON app_old (mood);
CREATE VIEW app_seen AS SELECT id FROM app_old;
CREATE VIEW app_shown AS SELECT mood FROM app_old;
CREATE TABLE app_plain (id integer);
CREATE TABLE app_part (id integer) PARTITION BY LIST (id);
CREATE SCHEMA app_area;
CREATE TABLE app_stays (id integer PRIMARY KEY, old integer REFERENCES app_old, gone integer, mood app_mood);
CREATE INDEX app_stays_gone ON app_stays (gone);
`;

const DROPS = [
  "CREATE OR REPLACE VIEW app_shown AS SELECT 'calm'::app_mood AS mood",
  "ALTER TABLE app_stays ALTER COLUMN mood TYPE text",
  "DROP VIEW app_shown",
  "DROP TABLE app_old CASCADE",
  "DROP TABLE app_part, app_plain",
  "DROP TYPE app_mood CASCADE",
  "DROP SCHEMA app_area CASCADE",
  "ALTER TABLE app_stays DROP COLUMN gone",
];

describe.each(MAJORS)(
  "what a directive would drop along with its own, on PostgreSQL %i",
  (major) => {
    const server = serverOfFile({ major }, removeCopies);
    let folder = "";

    beforeAll(async () => {
      folder = await laterDirective(APPLICATION, [{ sql: DROPS, irreversible: "a test says so" }]);
      await lockLater(folder, major);
    });

    /** The obstacles of the plan on a database that has this, too. Those that are only shown end with *. */
    async function obstaclesWith(sql: string): Promise<readonly string[]> {
      const { database } = await carriedOut(server(), SQL_FOLDER, APPLICATION);
      const client: Client = await database.connect();
      await client.query(sql);
      const { obstacles } = await planned(await applyRequest(database, folder));
      return obstacles.map(({ found, isPassing = false }) => `${found}${isPassing ? "*" : ""}`);
    }

    it("is nothing where the lock names all of it", async () => {
      expect(await obstaclesWith("SELECT")).toStrictEqual([]);
    });

    it.each([
      ["a view", "CREATE VIEW app_more AS SELECT id FROM app_old", "view public.app_more"],
      [
        "a view on a view",
        "CREATE VIEW app_more AS SELECT id FROM app_seen",
        "view public.app_more",
      ],
      [
        "a table that refers to it",
        "CREATE TABLE app_more (id integer REFERENCES app_old)",
        "table constraint app_more_id_fkey on public.app_more",
      ],
      [
        "a column of its type",
        "CREATE TABLE app_more (mood app_mood)",
        "table column public.app_more.mood",
      ],
      [
        "a column of its type in an array",
        "CREATE TABLE app_more (moods app_mood[])",
        "table column public.app_more.moods",
      ],
      ["a table in its schema", "CREATE TABLE app_area.more (id integer)", "table app_area.more"],
      [
        "a function of its type",
        "CREATE FUNCTION app_more(app_mood) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "function public.app_more(public.app_mood)",
      ],
    ])("stops the plan: %s", async (_, sql, name) => {
      expect(await obstaclesWith(sql)).toStrictEqual([
        `${name}, built on what the directive drops, and not in its lock`,
      ]);
    });

    it.each([
      ["a table that inherits", "app_plain", "CREATE TABLE app_more () INHERITS (app_plain)"],
      ["a partition", "app_part", "CREATE TABLE app_more PARTITION OF app_part FOR VALUES IN (1)"],
    ])("stops the plan, also as a difference of its parent: %s", async (_, parent, sql) => {
      expect(await obstaclesWith(sql)).toStrictEqual([
        `table public.${parent}: not as where the directive was locked (children: nothing -> ["public.app_more"])`,
        expect.stringMatching(/^table public\.app_more, built on what the directive drops, /),
      ]);
    });

    it.each([
      ["an index", "CREATE INDEX app_more ON app_old (id, mood)", "index public.app_more"],
      [
        "an index of a column",
        "CREATE INDEX app_more ON app_stays (id, gone)",
        "index public.app_more",
      ],
      [
        "a trigger",
        "CREATE TRIGGER app_more BEFORE UPDATE ON app_old FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "trigger public.app_old.app_more",
      ],
      [
        "a policy",
        "CREATE POLICY app_more ON app_old USING (true)",
        "policy public.app_old.app_more",
      ],
      ["a column", "ALTER TABLE app_old ADD COLUMN more text", "column public.app_old.more"],
    ])("is only shown where a DROP takes it along without a word: %s", async (_, sql, name) => {
      expect(await obstaclesWith(sql)).toStrictEqual([
        `${name}, built on what the directive drops, and not in its lock*`,
      ]);
    });
  },
);
