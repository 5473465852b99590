import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { copyRows } from "../../../runner/data/copyRows";
import { copyAcross } from "../../../runner/data/copyStream";
import { readDatabaseNote } from "../../../runner/postgres/databaseNote";
import { faultOf } from "../../support/faults";
import { allRows, BRANCH_STACK, makePair } from "../../support/givenData";
import { serverOfFile, type TestDatabase, type TestServer } from "../../support/postgres";

const server = serverOfFile({ major: 17, logStatements: true });
const both = (): { from: TestServer; to: TestServer } => ({ from: server(), to: server() });

/** Protects the database as its owner would: a protected one has no setting v7.unprotected. */
async function protect(database: TestDatabase): Promise<void> {
  const admin = await database.connect(server().superuser);
  await admin.query(`ALTER DATABASE ${database.name} RESET v7.unprotected`);
  await admin.end();
}

it("a copy from a protected database needs a flag, and reads in a read-only transaction", async () => {
  const { from, source, target, request } = await makePair(both());
  await protect(from);
  const before = [await allRows(source), await allRows(target)];
  await expect(copyRows(request)).rejects.toThrow(
    /^COPY_REFUSED: reading the rows of .* found a protected database.*--with-production-data/,
  );
  expect([await allRows(source), await allRows(target)]).toEqual(before);
  const since = server().serverLog().length;
  await copyRows({ ...request, allowProtectedSource: true });
  expect(await allRows(target)).toEqual(before[0]);
  expect(await allRows(source)).toEqual(before[0]);
  expect(server().serverLog().slice(since)).toContain(
    "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
  );
});

it("a copy into a protected database is refused, whatever flag is given", async () => {
  const { to, target, request } = await makePair(both());
  await protect(to);
  const before = await allRows(target);
  await expect(copyRows({ ...request, allowProtectedSource: true })).rejects.toThrow(
    /^COPY_REFUSED: giving data to .* found a protected database.*no flag allows it/,
  );
  expect(await allRows(target)).toEqual(before);
});

it("a copy of a database into itself is refused, even under another address", async () => {
  const { target, request } = await makePair(both());
  const before = await allRows(target);
  await expect(
    copyRows({ ...request, from: { ...request.to, host: "localhost" } }),
  ).rejects.toThrow(/^COPY_REFUSED: .* found the target itself/);
  expect(await allRows(target)).toEqual(before);
});

it("a copy into another stack's database is refused", async () => {
  const { request } = await makePair(both());
  await expect(copyRows({ ...request, stack: "dev-other" })).rejects.toThrow(
    /^COPY_REFUSED: giving data to .* found the database of the stack "dev-test"/,
  );
});

it.each([
  [
    "a check",
    "ALTER TABLE shop.people ADD CHECK (weight IS DISTINCT FROM 1e-30)",
    /a row that a check, or every partition, refuses \(SQLSTATE 23514, table "shop\.people", constraint "people_weight_check"\)/,
  ],
  [
    "a key",
    "CREATE UNIQUE INDEX one_boss ON shop.people (boss)",
    /two rows with one key \(SQLSTATE 23505, table "shop\.people", constraint "one_boss"\)/,
  ],
  [
    "a foreign key",
    "ALTER TABLE shop.orders ADD CONSTRAINT up FOREIGN KEY (id) REFERENCES shop.people",
    undefined,
  ],
])(
  "a copy changes nothing when %s of the target refuses a row, and shows none of its values",
  async (_what, sql, message) => {
    const { target, request } = await makePair(both(), {
      target: sql,
      source: "UPDATE shop.orders SET id = 77 WHERE id = 3",
    });
    const before = await allRows(target);
    const refused = await faultOf(() => copyRows(request));
    expect(refused.code).toBe("STATEMENT_FAILED");
    expect(refused.message).toMatch(
      message ??
        /a row that refers to one that is not there \(SQLSTATE 23503, table "shop\.orders", constraint "up"\)/,
    );
    expect(refused.message).not.toMatch(/Åsa|new|\b77\b/);
    expect(refused.cause).toBeUndefined();
    expect(await allRows(target)).toEqual(before);
    expect(await readDatabaseNote(target)).toEqual({ stack: BRANCH_STACK });
  },
);

const BIG = "CREATE TABLE public.big (n int, text text)";
const FILL = "INSERT INTO big SELECT n, repeat('line ' || n, 20) FROM generate_series(1, 300000) n";

it("a copy of 300,000 rows fails when one in the middle is refused, and is complete when none is", async () => {
  const { source, target, request } = await makePair(both(), { both: BIG, source: FILL });
  await target.query("ALTER TABLE big ADD CONSTRAINT odd CHECK (n <> 150000)");
  expect((await faultOf(() => copyRows(request))).message).toContain('constraint "odd"');
  await target.query("ALTER TABLE big DROP CONSTRAINT odd");
  const { tables } = await copyRows(request);
  expect(tables).toContainEqual({ table: "public.big", rows: 300_000 });
  const sum = async (client: Client): Promise<unknown> =>
    (await client.query("SELECT count(*), sum(hashtextextended(b::text, 0)::numeric) FROM big b"))
      .rows;
  expect(await sum(target)).toEqual(await sum(source));
});

it.each(["source", "target"])(
  "a copy changes nothing when the server ends the session of the %s in the middle",
  async (which) => {
    const { from, to, target, source, request } = await makePair(both(), {
      both: BIG,
      source: FILL,
      // So slow at first that it is under way when its session ends.
      target: `CREATE FUNCTION slow(int) RETURNS boolean LANGUAGE sql AS 'SELECT CASE WHEN $1 < 300 THEN pg_sleep(0.01) IS NOT NULL ELSE true END';
      ALTER TABLE big ADD CHECK (slow(n))`,
    });
    const before = await allRows(target);
    const failed = faultOf(() => copyRows(request));
    const admin = which === "source" ? source : target;
    const name = which === "source" ? from.name : to.name;
    await terminate(admin, name);
    expect((await failed).code).toBe("SERVER_LOST");
    expect(await allRows(target)).toEqual(before);
  },
);

it("a copy leaves the target's session usable when the source fails before the target accepts rows", async () => {
  const { to, source, target } = await makePair(both());
  const holder = await to.connect();
  await holder.query("BEGIN; LOCK TABLE shop.people");
  const failed: Promise<unknown> = copyAcross(
    { client: source, sql: "COPY nowhere TO stdout" },
    { client: target, sql: "COPY shop.people FROM stdin" },
  ).catch((error: unknown) => error);
  const next = failed.then(async () => await target.query("SELECT 1"));
  await sleep(200);
  await holder.query("COMMIT");
  expect(await failed).toMatchObject({ code: "42P01" });
  expect((await next).rowCount).toBe(1);
});

/** Ends the copying session of that database as soon as it copies. */
async function terminate(client: Client, database: string): Promise<void> {
  for (;;) {
    const { rowCount } = await client.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'v7 copy' AND query ~ '^COPY .*big'",
      [database],
    );
    if (rowCount === 1) {
      return;
    }
    await sleep(20);
  }
}

describe("a copy with a limited login", () => {
  const asPeek = async (grants: string): Promise<Awaited<ReturnType<typeof makePair>>> => {
    const pair = await makePair(both());
    const admin = await pair.from.connect(server().superuser);
    await admin.query(
      `DO $$ BEGIN IF to_regrole('peek') IS NULL THEN CREATE ROLE peek LOGIN PASSWORD 'peek'; END IF; END $$;
       GRANT USAGE ON SCHEMA shop TO peek;
       GRANT SELECT ON ALL SEQUENCES IN SCHEMA shop, public TO peek; ${grants}`,
    );
    const peek = { ...pair.request.from, user: "peek", password: "peek" };
    return { ...pair, request: { ...pair.request, from: peek } };
  };
  const readAll = "GRANT SELECT ON ALL TABLES IN SCHEMA shop, public TO peek;";

  it("leaves out and names the tables that the source's login may not read", async () => {
    const { request } = await asPeek(`${readAll} REVOKE SELECT ON shop.orders FROM peek`);
    expect((await copyRows(request)).notCopied).toEqual([
      { table: "shop.orders", reason: "the source's login may not read it" },
    ]);
  });

  it("is refused when row level security hides some rows of a table", async () => {
    const { target, request } = await asPeek(
      `${readAll} ALTER TABLE shop.people ENABLE ROW LEVEL SECURITY;
       CREATE POLICY first_two ON shop.people FOR SELECT TO peek USING (id < 3)`,
    );
    const before = await allRows(target);
    expect((await faultOf(() => copyRows(request))).message).toMatch(
      /^STATEMENT_FAILED: copying "shop\.people": found a login without the privilege \(SQLSTATE 42501\)/,
    );
    expect(await allRows(target)).toEqual(before);
  });

  it("leaves out and names the tables that the target's login does not own", async () => {
    const { to, request } = await makePair(both());
    const admin = await to.connect(server().superuser);
    await admin.query(
      `ALTER TABLE shop.orders OWNER TO ${server().superuser}; GRANT SELECT ON shop.orders TO postgres`,
    );
    expect((await copyRows(request)).notCopied).toEqual([
      { table: "shop.orders", reason: "it is not the target's login's own" },
    ]);
  });
});
