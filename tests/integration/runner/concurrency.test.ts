import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { verifyDatabase } from "../../../runner/drift/verify";
import { hasHistory, readHistory } from "../../../runner/history/history";
import { withConnection } from "../../../runner/postgres/connection";
import { cutOffs } from "../../support/cuts";
import { applied, applyRequest, type TestRequest } from "../../support/directive";
import { serverOfFile, type TestDatabase } from "../../support/postgres";

const RUNNERS = 100;

const server = serverOfFile({ major: 17 });

it(`${RUNNERS} runners at once on a server for 100 connections all succeed, and one of them applies the directive`, async () => {
  const database = await server().createDatabase({ shape: "supabase" });
  const request = await applyRequest(database);
  const results = await Promise.all(Array.from({ length: RUNNERS }, () => applyDirective(request)));
  const executed = results.map((result) => result.executed.length).filter((count) => count > 0);
  expect(executed).toStrictEqual([request.steps.length]);
  expect(new Set(results.map((result) => result.historyHead)).size).toBe(1);
  expect(await withConnection(request.connection, readHistory)).toHaveLength(
    request.steps.length + 1,
  );
}, 180_000);

describe("a run that is cut off at any writing statement, or after the commit", () => {
  const through = (request: TestRequest, port: number): TestRequest => ({
    ...request,
    connection: { ...request.connection, port },
  });

  it("has applied all of the directive or nothing, and the next run completes it", async () => {
    const fresh = async (): Promise<TestRequest> =>
      applyRequest(await server().createDatabase({ shape: "supabase", unprotected: true }));
    const [whole, request] = [await fresh(), await fresh()];
    const cuts = await cutOffs(
      server(),
      (port) => applyDirective(through(whole, port)),
      (port) => applyDirective(through(request, port)),
      async (isCommitted) => {
        const isApplied = await withConnection(request.connection, hasHistory);
        expect(isApplied).toBe(isCommitted);
      },
    );
    expect(cuts).toBeGreaterThan(20);
    expect((await applyDirective(request)).executed).toEqual([]);
    const history = await withConnection(request.connection, readHistory);
    expect(history.map((row) => row.stepId)).toStrictEqual([
      ...request.steps.map(({ id }) => id),
      "access",
    ]);
    const { differences } = await withConnection(request.connection, (client) =>
      verifyDatabase(client, request),
    );
    expect(differences.filter(({ object }) => !/^(privileges|role) /.test(object))).toStrictEqual(
      [],
    );
  }, 300_000);

  it("loses no row in a rollback", async () => {
    const written = await withRows();
    const copy = (): Promise<TestDatabase> =>
      server().createDatabase({ shape: "supabase", copyOf: written });
    const database = await copy();
    const [whole, request] = [await applyRequest(await copy()), await applyRequest(database)];
    const client = await database.connect();
    const cuts = await cutOffs(
      server(),
      (port) => rollbackDirective(through(whole, port)),
      (port) => rollbackDirective(through(request, port)),
      async (isCommitted) => {
        expect(await rowsOf(client, isCommitted ? "v7_archive" : "public")).toStrictEqual(["500"]);
      },
    );
    expect(cuts).toBeGreaterThan(20);
    await rollbackDirective(request);
    expect(await rowsOf(client, "v7_archive")).toStrictEqual(["500"]);
    expect(await hasHistory(client)).toBe(true);
    await client.end();
  }, 300_000);
});

/** How many rows each table of test results has in a schema. */
async function rowsOf(client: Client, schema: string): Promise<string[]> {
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT c.oid::regclass AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname LIKE 'v7_test_results%' AND c.relkind = 'r'`,
    [schema],
  );
  const counts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM ${name}`);
    counts.push(...rows.map(({ count }) => count));
  }
  return counts;
}

/** A database on which the directive has been applied, and rows that a rollback has to keep. */
async function withRows(): Promise<TestDatabase> {
  const { database, client } = await applied(server());
  await client.query(
    "INSERT INTO v7_test_results (test_type, component_tested, test_status) SELECT 'unit', n::text, 'pass' FROM generate_series(1, 500) n",
  );
  await client.end();
  return database;
}
