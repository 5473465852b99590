import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { verifyDatabase } from "../../../runner/drift/verify";
import { hasHistory, readHistory } from "../../../runner/history/history";
import { withConnection } from "../../../runner/postgres/connection";
import { type Cut, startCuttingProxy } from "../../support/cuttingProxy";
import { applied, applyRequest, type TestRequest } from "../../support/directive";
import { serverOfFile, type TestDatabase } from "../../support/postgres";

const RUNNERS = 100;

const server = serverOfFile({ major: 17 });

it(`applies once, and all end well, with ${RUNNERS} runners at once on a server for 100 connections`, async () => {
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

describe("a run that is cut off at each statement that writes, and behind the commit", () => {
  it("has applied nothing or all of it, and the next run is right", async () => {
    const fresh = (): Promise<TestDatabase> =>
      server().createDatabase({ shape: "supabase", unprotected: true });
    for (const cut of await cutsOf(applyDirective, await fresh())) {
      const request = await applyRequest(await fresh());
      await cutOff(applyDirective, request, cut);
      const isApplied = await withConnection(request.connection, hasHistory);
      expect({ ...cut, isApplied }).toStrictEqual({ ...cut, isApplied: cut.when === "after" });
      await applyDirective(request);
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
    }
  }, 300_000);

  it("loses no row where it rolls back", async () => {
    const written = await withRows();
    const copy = (): Promise<TestDatabase> =>
      server().createDatabase({ shape: "supabase", copyOf: written });
    for (const cut of await cutsOf(rollbackDirective, await copy())) {
      const database = await copy();
      const request = await applyRequest(database);
      await cutOff(rollbackDirective, request, cut);
      await rollbackDirective(request);
      const client = await database.connect();
      const { rows } = await client.query<{ name: string }>(
        "SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = 'v7_archive'::regnamespace AND c.relname LIKE 'v7_test_results%' AND c.relkind = 'r'",
      );
      expect(rows).toHaveLength(1);
      const count = await client.query<{ count: string }>(
        `SELECT count(*) FROM v7_archive."${rows[0]?.name ?? ""}"`,
      );
      expect(count.rows[0]?.count).toBe("500");
      expect(await hasHistory(client)).toBe(true);
      await client.end();
    }
  }, 300_000);
});

type Run = (request: TestRequest) => Promise<unknown>;

/** A database on which the directive has been applied, and rows that a rollback has to keep. */
async function withRows(): Promise<TestDatabase> {
  const { database, client } = await applied(server());
  await client.query(
    "INSERT INTO v7_test_results (test_type, component_tested, test_status) SELECT 'unit', n::text, 'pass' FROM generate_series(1, 500) n",
  );
  await client.end();
  return database;
}

/** Where to cut a run on such a database: before each statement that may write, the commit too, and behind the commit. */
async function cutsOf(run: Run, database: TestDatabase): Promise<Cut[]> {
  const proxy = await startCuttingProxy(server());
  await run(through(proxy.port, await applyRequest(database)));
  await proxy.stop();
  const begins = proxy.statements.map((sql) => sql.trim().slice(0, SAME_IN_EACH_RUN));
  const writing = begins
    .map((sql, index) => ({
      sql,
      nth: begins.slice(0, index + 1).filter((one) => one === sql).length,
      when: "before" as const,
    }))
    .filter((_cut, index) => !READS.test(proxy.statements[index] ?? ""));
  const commit = writing.find(({ sql }) => sql === "COMMIT");
  if (commit === undefined || writing.length < 20) {
    throw new Error(`found ${String(writing.length)} statements that write, and no commit of them`);
  }
  return [...writing, { ...commit, when: "after" }];
}

async function cutOff(run: Run, request: TestRequest, cut: Cut): Promise<void> {
  const proxy = await startCuttingProxy(server(), cut);
  await expect(run(through(proxy.port, request))).rejects.toThrow();
  await proxy.stop();
  expect({ ...cut, isCut: proxy.isCut() }).toStrictEqual({ ...cut, isCut: true });
}

function through(port: number, request: TestRequest): TestRequest {
  return { ...request, connection: { ...request.connection, port } };
}

const READS = /^\s*(?:SELECT|SHOW|RESET|SET|WITH(?![^]*\bINSERT\b))\b/;

/** So many characters of a statement, in which no name that is made anew for each run stands. */
const SAME_IN_EACH_RUN = 20;
