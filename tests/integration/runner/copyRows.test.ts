import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { copyRows } from "../../../runner/data/copyRows";
import { verifyDatabase } from "../../../runner/drift/verify";
import { baselineFolder, provision } from "../../../runner/embedded/cluster/provision";
import { startThrowaway, type ThrowawayServer } from "../../../runner/embedded/throwaway";
import type { ConnectionSettings } from "../../../runner/model";
import { connect } from "../../../runner/postgres/connection";
import { readDatabaseNote, writeDatabaseNote } from "../../../runner/postgres/databaseNote";
import { asRunner } from "../../support/asRunner";
import { requestFor } from "../../support/directive";
import { faultOf } from "../../support/faults";
import { allRows, BRANCH_STACK, makePair } from "../../support/givenData";
import { MAJORS } from "../../support/majors";
import { startTestServer, type TestServer } from "../../support/postgres";
import { SQL_FOLDER } from "../../support/sqlFolder";

/** A database made as the embedded server's is, from sql/dev_baseline, with the directive applied. */
async function provisionedBranch(
  server: TestServer,
): Promise<{ readonly connection: ConnectionSettings; readonly target: Client }> {
  const made = await startThrowaway(server.major);
  provisioned.push(made);
  const password = "of this test";
  await provision({
    baseline: baselineFolder(SQL_FOLDER),
    port: made.port,
    superuserPassword: made.superuserPassword,
    password,
  });
  const connection: ConnectionSettings = {
    host: made.host,
    port: made.port,
    databaseName: "postgres",
    user: "postgres",
    password,
    sslMode: "disable",
  };
  await applyDirective(await requestFor(connection));
  const target = await connect(connection);
  // The tests write their SQL as somebody with psql would.
  await target.query("SET search_path = public");
  await writeDatabaseNote(target, "postgres", { stack: BRANCH_STACK });
  return { connection, target };
}

const provisioned: ThrowawayServer[] = [];
const servers = new Map<number, TestServer>();
const serverOf = (major: number): TestServer => {
  const server = servers.get(major);
  if (server === undefined) {
    throw new Error(`no server ${String(major)}`);
  }
  return server;
};

beforeAll(async () => {
  for (const major of MAJORS) {
    servers.set(major, await startTestServer({ major }));
  }
});

afterAll(async () => {
  await Promise.all([...servers.values(), ...provisioned].map((server) => server.stop()));
});

it.each(MAJORS.flatMap((from) => MAJORS.map((to) => [from, to] as const)))(
  "a copy has every row and every sequence of its source, from PostgreSQL %i to %i",
  async (a, b) => {
    const { source, target, request, to } = await makePair({ from: serverOf(a), to: serverOf(b) });
    const before = await asRunner(target, async (client) =>
      verifyDatabase(client, await requestFor(request.to)),
    );
    const result = await copyRows(request);
    expect(await allRows(target)).toEqual(await allRows(source));
    expect(result).toMatchObject({ outcome: "copied", notCopied: [] });
    expect(Object.fromEntries(result.tables.map(({ table, rows }) => [table, rows]))).toMatchObject(
      {
        "shop.people": 4,
        "public.file_audit": 30,
        "public.v7_test_results": 500,
        "public.v7_subworkflow_tasks": 57,
      },
    );
    const next = await target.query(
      "INSERT INTO shop.orders (person) VALUES (1) RETURNING id, (SELECT last_value::int FROM shop.people_id_seq) AS people",
    );
    expect(next.rows).toEqual([{ id: 42, people: 4 }]);
    const after = await asRunner(target, async (client) =>
      verifyDatabase(client, await requestFor(request.to)),
    );
    expect([after.schemaFingerprint, after.historyHead, after.differences]).toEqual([
      before.schemaFingerprint,
      before.historyHead,
      before.differences,
    ]);
    expect(await readDatabaseNote(target, to.name)).toEqual({
      stack: BRANCH_STACK,
      data: ["from dev"],
    });
  },
);

const PARTITIONED = `
  CREATE TABLE public.readings (at date NOT NULL, n int, doubled int GENERATED ALWAYS AS (n * 2) STORED, PRIMARY KEY (at, n)) PARTITION BY RANGE (at);
  CREATE TABLE public.readings_1 PARTITION OF public.readings FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
  CREATE TABLE public.readings_2 PARTITION OF public.readings DEFAULT;
  CREATE TABLE public.about (id int PRIMARY KEY, at date, n int, FOREIGN KEY (at, n) REFERENCES public.readings);
  CREATE TABLE public.base (a int); CREATE TABLE public.heir (b int) INHERITS (public.base);`;

describe("a copy", () => {
  const same = (): { from: TestServer; to: TestServer } => ({
    from: serverOf(18),
    to: serverOf(18),
  });

  it("supports partitions, inheritance, generated columns, and circular keys if one is deferrable", async () => {
    const { source, target, request } = await makePair(same(), {
      both: `${PARTITIONED}
        CREATE TABLE public.hen (id int PRIMARY KEY, egg int);
        CREATE TABLE public.egg (id int PRIMARY KEY, hen int NOT NULL REFERENCES public.hen);
        ALTER TABLE public.hen ADD FOREIGN KEY (egg) REFERENCES public.egg DEFERRABLE;`,
      source: `INSERT INTO readings VALUES ('2026-01-05', 1), ('2030-01-01', 2);
        INSERT INTO about VALUES (1, '2030-01-01', 2), (2, NULL, NULL);
        INSERT INTO base VALUES (1); INSERT INTO heir VALUES (2, 3);
        INSERT INTO hen VALUES (1); INSERT INTO egg VALUES (1, 1); UPDATE hen SET egg = 1;`,
    });
    const { tables } = await copyRows(request);
    expect(await allRows(target)).toEqual(await allRows(source));
    const names = tables.map(({ table }) => table);
    expect(names.filter((name) => name.startsWith("public.readings"))).toEqual(["public.readings"]);
    expect(names.indexOf("public.readings")).toBeLessThan(names.indexOf("public.about"));
  });

  it("is refused when foreign keys are circular and none is deferrable", async () => {
    const { request } = await makePair(same(), {
      both: `CREATE TABLE public.hen (id int PRIMARY KEY, egg int);
        CREATE TABLE public.egg (id int PRIMARY KEY, hen int REFERENCES public.hen);
        ALTER TABLE public.hen ADD FOREIGN KEY (egg) REFERENCES public.egg;`,
    });
    await expect(copyRows(request)).rejects.toThrow(
      /^COPY_REFUSED: .*circular[^]*egg_hen_fkey: public\.egg refers to public\.hen/,
    );
  });

  it("fires no user's trigger, and leaves each trigger as it was, even on partitions", async () => {
    const { source, target, request } = await makePair(same(), {
      both: `${PARTITIONED} CREATE TABLE public.log (what text);
        CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (TG_NAME); RETURN NEW; END $$;
        CREATE TRIGGER plain AFTER INSERT ON public.readings FOR EACH ROW EXECUTE FUNCTION public.note();
        CREATE TRIGGER part AFTER INSERT ON public.readings_2 FOR EACH ROW EXECUTE FUNCTION public.note();
        CREATE TRIGGER always BEFORE INSERT ON public.about FOR EACH ROW EXECUTE FUNCTION public.note();
        CREATE TRIGGER replica BEFORE INSERT ON public.about FOR EACH ROW EXECUTE FUNCTION public.note();
        CREATE TRIGGER off BEFORE INSERT ON public.about FOR EACH ROW EXECUTE FUNCTION public.note();
        ALTER TABLE public.about ENABLE ALWAYS TRIGGER always; ALTER TABLE public.about ENABLE REPLICA TRIGGER replica;
        ALTER TABLE public.about DISABLE TRIGGER off; ALTER TABLE public.readings_1 DISABLE TRIGGER plain;`,
      source: `INSERT INTO readings VALUES ('2026-01-05', 1), ('2030-01-01', 2); INSERT INTO about VALUES (1);`,
    });
    const triggers = async (): Promise<unknown> =>
      (
        await target.query(
          "SELECT tgrelid::regclass::text AS on, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2",
        )
      ).rows;
    const before = await triggers();
    await copyRows(request);
    expect(await triggers()).toEqual(before);
    expect(await allRows(target)).toEqual(await allRows(source));
    expect((await allRows(target))["log"]).toEqual(["(always)", "(part)", "(plain)"]);
  });

  it("names what it does not copy, and why", async () => {
    const { request } = await makePair(same(), {
      source: `CREATE TABLE public.only_here (a int); CREATE TABLE public.wider (a int, b bigint); INSERT INTO only_here VALUES (1);
        CREATE TABLE public.none ();`,
      target: "CREATE TABLE public.wider (a int, b int, c text); CREATE TABLE public.none ();",
    });
    expect((await copyRows(request)).notCopied).toEqual([
      { table: "public.none", reason: "it has no column that can be written" },
      { table: "public.only_here", reason: "only in the source" },
      {
        table: "public.wider",
        reason:
          "other columns: b (bigint in the source, integer in the target), c (none in the source, text in the target)",
      },
    ]);
  });

  it("runs once, and not over the data of another stack or a seed", async () => {
    const { target, to, request } = await makePair(same());
    await copyRows(request);
    await target.query("DELETE FROM shop.orders");
    expect(await copyRows(request)).toMatchObject({ outcome: "already", tables: [] });
    expect((await target.query("SELECT FROM shop.orders")).rowCount).toBe(0);
    await expect(copyRows({ ...request, fromStack: "dev-other" })).rejects.toThrow(
      /^COPY_REFUSED: .*found a database that was given data before: from dev,/,
    );
    await writeDatabaseNote(target, to.name, { stack: BRANCH_STACK, data: ["seed 0123"] });
    await expect(copyRows(request)).rejects.toThrow(/given data before: seed 0123/);
  });

  it("replaces the rows of the baseline and of the population", async () => {
    const { source, request } = await makePair(same(), {
      source: "DELETE FROM v7_subworkflow_tasks WHERE parent_phase = 4 AND task_number > 3",
    });
    const { connection, target } = await provisionedBranch(serverOf(18));
    expect((await allRows(target))["file_audit"]).toHaveLength(6);
    const { notCopied } = await copyRows({ ...request, to: connection });
    expect(notCopied.map(({ table }) => table)).toEqual(["shop.orders", "shop.people"]);
    const [there, here] = [await allRows(source), await allRows(target)];
    expect(here).toEqual(Object.fromEntries(Object.keys(here).map((name) => [name, there[name]])));
    await target.end();
  });

  it.each([
    ["a row of an application", "INSERT INTO jobs DEFAULT VALUES", "public.jobs: 1 rows"],
    [
      "a row in a table of the directive",
      "INSERT INTO v7_test_results (test_type, component_tested, test_status) VALUES ('a', 'b', 'c')",
      "public.v7_test_results: 1 rows",
    ],
    [
      "a changed row of the population",
      "UPDATE v7_subworkflow_tasks SET status = 'completed' WHERE task_number = 2",
      "public.v7_subworkflow_tasks: 1 rows",
    ],
    [
      "a value in an added column",
      "UPDATE file_audit SET v7_target_name = 'x' WHERE layer < 3",
      "public.file_audit: 2 rows",
    ],
    [
      "a changed row of the baseline",
      "UPDATE file_audit SET status = status WHERE layer = 1",
      "public.file_audit: 1 rows",
    ],
    [
      "a row in an uncopied table that refers to a copied one",
      "CREATE TABLE mine (job bigint REFERENCES jobs); INSERT INTO mine VALUES (NULL)",
      "public.mine: 1 rows, which refer to tables that are copied",
    ],
  ])(
    "is refused with the table's name, and changes nothing, because of %s",
    async (_what, sql, line) => {
      const { request } = await makePair(same());
      const { connection, target } = await provisionedBranch(serverOf(18));
      await target.query(sql);
      const before = await allRows(target);
      const { code, message } = await faultOf(() => copyRows({ ...request, to: connection }));
      expect(code).toBe("COPY_REFUSED");
      expect(message).toContain(`\n  - ${line}`);
      expect(await allRows(target)).toEqual(before);
      await target.end();
    },
  );

  it("ignores an empty table that refers to a copied one", async () => {
    const { source, target, request } = await makePair(same(), {
      target: "CREATE TABLE mine (job bigint REFERENCES jobs)",
    });
    await copyRows(request);
    expect((await allRows(target))["jobs"]).toEqual((await allRows(source))["jobs"]);
  });
});
