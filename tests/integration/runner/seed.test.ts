import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { sha256 } from "../../../runner/base/sha256";
import { seedDatabase, type SeedRequest } from "../../../runner/data/seed";
import { verifyDatabase } from "../../../runner/drift/verify";
import { readDatabaseNote, writeDatabaseNote } from "../../../runner/postgres/databaseNote";
import { asRunner } from "../../support/asRunner";
import { contentsOf } from "../../support/contents";
import { applyRequest } from "../../support/directive";
import { faultOf } from "../../support/faults";
import { BRANCH_STACK, branchDatabase } from "../../support/givenData";
import { MAJORS } from "../../support/majors";
import { serverOfFile, type TestDatabase } from "../../support/postgres";

const DUMP = readFileSync(join(__dirname, "../../support/fixtures/shop.dump"));

describe.each(MAJORS)("seeding a branch's database on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major });

  interface Branch {
    readonly database: TestDatabase;
    readonly client: Client;
    readonly seed: (
      text: string | Buffer,
      more?: Partial<SeedRequest>,
    ) => ReturnType<typeof seedDatabase>;
  }

  const branch = async (): Promise<Branch> => {
    const { database, request } = await branchDatabase(server());
    const seed: Branch["seed"] = (text, more) =>
      seedDatabase({
        ...request,
        stack: BRANCH_STACK,
        name: "s.sql",
        bytes: Buffer.from(text),
        ...more,
      });
    return { database, client: await database.connect(), seed };
  };

  it("loads what pg_dump wrote, row for row, and leaves the directive as it is", async () => {
    const { client, seed, database } = await branch();
    const messages: string[] = [];
    const result = await seed(DUMP, {
      name: "shop.dump",
      onProgress: (one) => messages.push(one),
    });
    expect(result).toEqual({ outcome: "seeded" });
    const { rows } = await client.query<{ row: string }>(
      "SELECT to_jsonb(p)::text AS row FROM shop.people p ORDER BY id",
    );
    expect(rows.map(({ row }) => JSON.parse(row) as Record<string, unknown>)).toMatchObject([
      {
        name: `Åsa "the ö" O'Neil`,
        mood: "it's fine",
        tags: ["a", "b c", null, '"q"'],
        born: "infinity",
        weight: "NaN",
        picture: "\\x00ff5c0a",
        upper_name: `ÅSA "THE Ö" O'NEIL`,
      },
      {
        name: "tab\there\nnew\\line\r\n\\.",
        boss: 1,
        tags: [],
        notes: null,
        picture: "\\x",
        born: "-infinity",
      },
      { name: "\\N", mood: null, notes: null, picture: null },
      {
        name: "",
        tags: [
          ["1", "2"],
          ["3", "4"],
        ],
        picture: "\\x5c2e",
        weight: "Infinity",
      },
    ]);
    const orders = await client.query<{ text: string | null }>(
      `SELECT "odd ""name"" 'here'" AS text FROM shop.orders ORDER BY id`,
    );
    expect(orders.rows.map(({ text }) => text)).toEqual(["日本語 🐘", null, "\\.\n;"]);
    const next = await client.query("INSERT INTO shop.orders (person) VALUES (1) RETURNING id");
    expect(next.rows).toEqual([{ id: 42 }]);
    const { differences } = await asRunner(client, async (client) =>
      verifyDatabase(client, await applyRequest(database)),
    );
    expect(differences.filter(({ object }) => !/^(privileges|role) /.test(object))).toEqual([]);
    expect(messages.join("\n")).not.toContain("Åsa");
  });

  it("runs the same bytes once, and another file after them", async () => {
    const { client, seed } = await branch();
    const first = "CREATE TABLE public.t (a int); INSERT INTO public.t VALUES (1);";
    await seed(first);
    expect(await seed(first)).toEqual({ outcome: "already" });
    const second = "INSERT INTO t SELECT generate_series(2, 4)";
    expect(await seed(second)).toEqual({ outcome: "seeded" });
    expect(await readDatabaseNote(client)).toEqual({
      stack: BRANCH_STACK,
      data: [`seed ${sha256(first)}`, `seed ${sha256(second)}`],
    });
    expect((await client.query("SELECT a FROM t")).rowCount).toBe(4);
  });

  it("accepts a setting of a newer pg_dump that the server may not know", async () => {
    const { seed } = await branch();
    expect(
      await seed("SET transaction_timeout = 0;\nCREATE TABLE public.t (a int);"),
    ).toMatchObject({
      outcome: "seeded",
    });
  });

  it.each([
    [
      "a statement",
      "CREATE TABLE public.t (a int);\n-- é\nINSERT INTO public.t VALUES ('é'::int);",
      /^STATEMENT_FAILED: running the seed at s\.sql:3:30: found invalid input syntax .*SQLSTATE 22P02.*\n.*\n {2} {29}\^/,
    ],
    [
      "a row, and names its line without its values",
      "CREATE TABLE public.t (a int);\nCOPY public.t FROM stdin;\n1\n2\nsecret\n\\.\n",
      /^STATEMENT_FAILED: running the seed at s\.sql:5:1: found a value that its column's type does not read \(SQLSTATE 22P02\)/,
    ],
    [
      "a COPY of a table that does not exist",
      "CREATE TABLE public.t (a int);\nCOPY public.none FROM stdin;\n1\n\\.\n",
      /^STATEMENT_FAILED: running the seed at s\.sql:2:1: found .*"public.none" does not exist|no such table \(SQLSTATE 42P01\)/,
    ],
    [
      "a deferred constraint",
      "CREATE TABLE public.t (a int PRIMARY KEY, b int REFERENCES public.t DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO public.t VALUES (1, 2);",
      /^STATEMENT_FAILED: checking the deferred constraints after the seed "s\.sql": found a row that refers to one that is not there .*"t_b_fkey"/,
    ],
  ])("leaves nothing of a seed that fails in %s", async (_what, text, message) => {
    const { client, seed } = await branch();
    const before = await contentsOf(client);
    const refused = await faultOf(() => seed(text));
    expect(refused.message).toMatch(message);
    expect(refused.message).not.toContain("secret");
    expect(await contentsOf(client)).toEqual(before);
    expect(await readDatabaseNote(client)).toEqual({ stack: BRANCH_STACK });
  });

  it("fails at a row in the middle of a long COPY, and can be run again", async () => {
    const { client, seed } = await branch();
    const rows = Array.from(
      { length: 200_000 },
      (_, n) => `${String(n)}\tsome text that fills the line\n`,
    );
    const text = (last: string): string =>
      `CREATE TABLE public.t (a int, b text);\nCOPY public.t FROM stdin;\n${rows.slice(0, 100_000).join("")}${last}${rows.join("")}\\.\n`;
    expect((await faultOf(() => seed(text("x\tx\n")))).message).toContain("s.sql:100003:1");
    await seed(text(""));
    expect((await client.query("SELECT count(*)::int FROM t")).rows).toEqual([{ count: 300_000 }]);
  });

  it.each([
    [
      "a column",
      "ALTER TABLE public.v7_test_results ADD COLUMN mine int",
      "column public.v7_test_results.mine",
    ],
    [
      "a column of another type",
      "ALTER TABLE v7_test_results ALTER COLUMN notes TYPE varchar(10)",
      "column public.v7_test_results.notes",
    ],
    [
      "a dropped table",
      "DROP VIEW v7_migration_dashboard; DROP TABLE v7_global_impacts",
      "table public.v7_global_impacts",
    ],
    [
      "a privilege",
      "GRANT SELECT ON v7_test_results TO anon",
      "privileges table public.v7_test_results",
    ],
    [
      "a disabled trigger",
      "ALTER TABLE v7_control.history DISABLE TRIGGER history_is_append_only",
      "history_is_append_only",
    ],
    [
      "a row of the history",
      "INSERT INTO v7_control.history SELECT 99, now(), 'apply', 'a', 'b', 'c', repeat('0', 64), repeat('0', 64), 0, 'x', 'x', 'x', '{}', repeat('1', 64), repeat('2', 64)",
      "history",
    ],
    [
      "another role's rights",
      "SET ROLE postgres; SET search_path = pg_catalog; GRANT ALL ON public.v7_test_results TO authenticated",
      "privileges table public.v7_test_results",
    ],
  ])(
    "rolls back everything when it changes the directive's own: %s",
    async (_what, sql, object) => {
      const { client, seed } = await branch();
      const before = await contentsOf(client);
      const { code, message } = await faultOf(() => seed(`CREATE TABLE public.t (a int); ${sql};`));
      expect({ code, message }).toEqual({
        code: "SEED_REFUSED",
        message: expect.stringMatching(new RegExp(`\\n {2}- [^\\n]*${object}`)) as string,
      });
      expect(await contentsOf(client)).toEqual(before);
      expect(await readDatabaseNote(client)).toEqual({ stack: BRANCH_STACK });
    },
  );

  it("adds rows to the directive's tables", async () => {
    const { client, seed } = await branch();
    const sql = `COPY public.v7_test_results (test_type, component_tested, test_status, performance_metrics) FROM stdin;
unit\tone\tpass\t{"ms": 1}
unit\ttwo\tfail\t\\N
\\.
INSERT INTO v7_subworkflow_tasks (parent_phase, task_number, task_name, responsible_persona) VALUES (4, 99, 't', 'p');
`;
    await seed(sql);
    expect((await client.query("SELECT FROM v7_test_results")).rowCount).toBe(2);
    const task = "SELECT FROM v7_subworkflow_tasks WHERE task_number = 99";
    expect((await client.query(task)).rowCount).toBe(1);
  });

  it("is refused on a protected database, whatever its note says", async () => {
    const { database, client, seed } = await branch();
    const admin = await database.connect(server().superuser);
    await admin.query(`ALTER DATABASE ${database.name} RESET v7.unprotected`);
    const { message } = await faultOf(() => seed("CREATE TABLE public.t (a int)"));
    expect(message).toMatch(/^SEED_REFUSED: giving data to .* found a protected database/);
    expect((await client.query("SELECT to_regclass('public.t') AS t")).rows).toEqual([{ t: null }]);
  });

  it.each([
    ["another stack's", { stack: "dev-other" }, /found the database of the stack "dev-other"/],
    ["not noted as this project's", undefined, /found a database without this project's note/],
  ])("is refused on a database that is %s", async (_what, note, message) => {
    const { database, client, seed } = await branch();
    await (note === undefined
      ? client.query(`COMMENT ON DATABASE ${database.name} IS 'mine'`)
      : writeDatabaseNote(client, database.name, note));
    await expect(seed("CREATE TABLE public.t (a int)")).rejects.toThrow(message);
    expect((await client.query("SELECT to_regclass('public.t') AS t")).rows).toEqual([{ t: null }]);
  });

  it("loads a seed once when ten runs start at the same time", async () => {
    const { client, seed } = await branch();
    const text = "CREATE TABLE public.t (a int); INSERT INTO public.t VALUES (1);";
    const results = await Promise.all(Array.from({ length: 10 }, () => seed(text)));
    expect(results.filter(({ outcome }) => outcome === "seeded")).toHaveLength(1);
    expect((await client.query("SELECT FROM t")).rowCount).toBe(1);
  });
});
