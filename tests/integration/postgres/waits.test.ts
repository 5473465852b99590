import { setTimeout as sleep } from "node:timers/promises";
import { applyDirective } from "../../../runner/actions/apply";
import { checkDrift } from "../../../runner/drift/checkDrift";
import { readHistory } from "../../../runner/history/history";
import type { ConnectionSettings } from "../../../runner/model";
import { preparePlan } from "../../../runner/plan/preparePlan";
import { withConnection } from "../../../runner/postgres/connection";
import { inMigrationSession } from "../../../runner/postgres/lockedSession";
import { shortenBounds } from "../../support/bounds";
import { applyRequest, connectionOf, type TestRequest } from "../../support/directive";
import { faultOf } from "../../support/faults";
import { MAJORS } from "../../support/majors";
import { serverOfFile, type TestDatabase } from "../../support/postgres";
import { startProxy, type Proxy } from "../../support/proxy";

shortenBounds({
  connectSeconds: 1,
  answerSeconds: 1,
  lockSeconds: 0.5,
  idleTransactionSeconds: 1,
  closeSeconds: 0.2,
});

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major });
  let database: TestDatabase;
  let request: TestRequest;
  let proxy: Proxy;

  beforeAll(async () => {
    database = await server().createDatabase({ shape: "supabase", unprotected: true });
    request = await applyRequest(database);
    await applyDirective(request);
    proxy = await startProxy(server().port);
  });
  afterAll(() => proxy.stop());

  // A connection takes 25 messages until it is ready; what is further is in the middle of the answers.
  it("ends a plan and a drift check if the server falls silent after any number of messages", async () => {
    // Where nothing has been applied, a plan reads the most.
    const toPlan = await applyRequest(await server().createDatabase({ shape: "supabase" }));
    const counts = [4, 5, 6, 7, 8, 9, 10, 11, 12, 25, 28, 40, 60, 100];
    const started = Date.now();
    const ended = await Promise.all(
      counts.map(async (serverMessages) => {
        const silent = await startProxy(server().port, { serverMessages });
        const { port } = silent;
        const [plan, drift] = await Promise.all([
          faultOf(() =>
            withConnection({ ...toPlan.connection, port }, (client) => preparePlan(client, toPlan)),
          ),
          faultOf(() =>
            checkDrift({ ...request.connection, port }, request, { timeoutSeconds: 1 }),
          ),
        ]);
        await silent.stop();
        return { serverMessages, plan: plan.code, drift: drift.code };
      }),
    );
    expect(Date.now() - started).toBeLessThan(8000);
    expect(ended).toEqual(
      counts.map((serverMessages) => ({
        serverMessages,
        plan: expect.stringMatching(/^SERVER_(UNREACHABLE|SILENT)$/) as unknown,
        drift: expect.stringMatching(
          /^(SERVER_UNREACHABLE|SERVER_SILENT|DRIFT_UNKNOWN)$/,
        ) as unknown,
      })),
    );
  });

  it("names who holds a lock that a plan and a drift check need", async () => {
    const holder = await database.connect();
    await holder.query(
      "SET application_name = 'nightly'; BEGIN; LOCK TABLE v7_control.history IN ACCESS EXCLUSIVE MODE",
    );
    const { rows } = await holder.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const plan = await faultOf(() =>
      withConnection(request.connection, (client) => preparePlan(client, request)),
    );
    const drift = await faultOf(() => checkDrift(request.connection, request));
    await holder.query("ROLLBACK");
    const named = `pid ${String(rows[0]?.pid)} (postgres, nightly, idle in transaction, in its transaction since 00:00:`;
    for (const { code, message } of [plan, drift]) {
      expect({ code, message }).toMatchObject({ code: "LOCK_TIMEOUT" });
      expect(message).toContain(named);
      expect(message).toContain("holds ACCESS EXCLUSIVE on v7_control.history");
    }
  });

  it("knows from the server's last word on that a session is over, whatever error comes first", async () => {
    const lost = await faultOf(() =>
      withConnection(request.connection, async (client) => {
        await client
          .query("SELECT pg_terminate_backend(pg_backend_pid())")
          .catch(() => Promise.reject(new Error("what another stream said")));
      }),
    );
    expect(lost.message).toMatch(/^SERVER_LOST: .*administrator command \(SQLSTATE 57P01\)/);
  });

  const stopped = (connection: ConnectionSettings, seconds: number) =>
    faultOf(() =>
      inMigrationSession({ connection, applicationName: "stopped" }, async (client) => {
        await client.query("LOCK TABLE public.file_audit");
        await sleep(seconds * 1000);
        await client.query("SELECT 1");
      }),
    );

  it("has the server end a runner that does nothing while it holds locks, as soon as its operator says", async () => {
    expect((await stopped(request.connection, 1.5)).message).toMatch(
      /^SERVER_LOST: .*idle-in-transaction timeout \(SQLSTATE 25P03\)/,
    );
    const admin = await database.connect(server().superuser);
    const { name } = database;
    await admin.query(`ALTER DATABASE ${name} SET idle_in_transaction_session_timeout = '300ms'`);
    const sooner = await stopped(request.connection, 0.7);
    await admin.query(`ALTER DATABASE ${name} RESET idle_in_transaction_session_timeout`);
    expect(sooner.code).toBe("SERVER_LOST");
  });

  it("waits for a statement in a migration as long as the server lets it run", async () => {
    const slept = inMigrationSession(
      { connection: request.connection, applicationName: "long", statementTimeoutSeconds: 5 },
      (client) => client.query("SELECT pg_sleep(2)"),
    );
    expect((await slept).rowCount).toBe(1);
  });

  it("gives a query of its own up where the server is silent for longer than it may", async () => {
    const { message } = await faultOf(() =>
      withConnection(request.connection, (client) => client.query("SELECT pg_sleep(3)")),
    );
    expect(message).toMatch(/^SERVER_SILENT: talking to .*: found no answer within 1 s, /);
  });

  it.each(["cutAfter", "silentAfter"] as const)(
    "says that nobody knows where the answer to COMMIT is lost (%s), and the next run is right",
    async (rule) => {
      const fresh = await server().createDatabase({ shape: "supabase", unprotected: true });
      const again = await applyRequest(fresh);
      proxy.rules = { [rule]: "COMMIT\0" };
      const { message } = await faultOf(() =>
        applyDirective({
          ...again,
          statementTimeoutSeconds: 1,
          connection: { ...connectionOf(fresh), port: proxy.port },
        }),
      );
      proxy.rules = {};
      expect(message).toMatch(
        /^COMMIT_UNKNOWN: .*Everything may have been committed, or nothing\. Run the same again/,
      );
      const { executed } = await applyDirective(again);
      expect(executed).toEqual([]);
      expect(await withConnection(again.connection, readHistory)).toHaveLength(
        again.steps.length + 1,
      );
    },
  );
});
