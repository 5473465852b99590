import { applyDirective } from "../../../runner/actions/apply";
import {
  connect,
  refuseTransactionPooler,
  withConnection,
} from "../../../runner/postgres/connection";
import { proveSession } from "../../../runner/postgres/pooler";
import { shortenBounds } from "../../support/bounds";
import { applyRequest, type TestRequest } from "../../support/directive";
import { faultOf } from "../../support/faults";
import { MAJORS } from "../../support/majors";
import { startPooler, type PoolerOptions } from "../../support/pooler";
import { serverOfFile, type TestDatabase } from "../../support/postgres";

shortenBounds({ connectSeconds: 2, closeSeconds: 0.2 });

describe.each(MAJORS)("a pooler in front of PostgreSQL %i", (major) => {
  const server = serverOfFile({ major });
  let database: TestDatabase;
  let request: TestRequest;

  beforeAll(async () => {
    database = await server().createDatabase({ shape: "supabase", unprotected: true });
    request = await applyRequest(database);
  });

  /** Runs `use` through a pooler, and then reads the search path that the next users of its backends get. */
  async function behind<T>(
    options: PoolerOptions,
    use: (through: TestRequest) => Promise<T>,
  ): Promise<{ readonly result: T; readonly searchPaths: readonly string[] }> {
    const { host, port, name, owner: user, ownerPassword: password } = database;
    const pooler = await startPooler({ host, port, database: name, user, password }, options);
    const connection = { ...request.connection, port: pooler.port };
    try {
      const result = await use({ ...request, connection });
      return { result, searchPaths: await pooler.searchPaths() };
    } finally {
      await pooler.stop();
    }
  }
  const connectOnce = ({ connection }: TestRequest) =>
    faultOf(() =>
      withConnection(connection, (client) => refuseTransactionPooler(client, connection)),
    );

  const often = (times: number, options: PoolerOptions) =>
    behind(options, async (through) => {
      const codes = new Set<string>();
      for (let time = 0; time < times; time++) {
        codes.add((await connectOnce(through)).code);
      }
      return [...codes];
    });

  it.each<PoolerOptions>([
    { mode: "transaction", size: 3, isRoundRobin: true },
    { mode: "transaction", size: 3 },
    { mode: "transaction", size: 1 },
  ])("is refused each of 20 times, before any backend is changed: %j", async (options) => {
    const { result, searchPaths } = await often(20, options);
    expect(result).toEqual(["SERVER_POOLER"]);
    expect([...new Set(searchPaths)]).toEqual(['"$user", public']);
  });

  it.each<PoolerOptions>([
    { mode: "transaction", size: 3, isRoundRobin: true, announces: "backend" },
    { mode: "transaction", size: 3, announces: "backend" },
  ])("is refused each of 10 times, whatever it announces: %j", async (options) => {
    expect((await often(10, options)).result).toEqual(["SERVER_POOLER"]);
  });

  it("is accepted when it has a session for each client", async () => {
    const { result } = await behind({ mode: "session", size: 6 }, applyDirective);
    expect(result.executed.length).toBeGreaterThan(10);
  });

  it("is refused soon when it has a single session, with what is needed", async () => {
    const started = Date.now();
    const { result } = await behind({ mode: "session", size: 1 }, connectOnce);
    expect(result.message).toMatch(
      /^SERVER_POOLER: .* a second time: found a pooler that has no other connection to give: .*, expected two connections at once/,
    );
    expect(Date.now() - started).toBeLessThan(10_000);
  });

  it("is not suspected when the server ends the second session", async () => {
    const { connection } = request;
    const lost = faultOf(() =>
      withConnection(connection, (client) =>
        proveSession(client, connection, {
          isSuspect: false,
          open: async () => {
            const second = await connect(connection);
            const { rows } = await second.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
            await client.query("SELECT pg_terminate_backend($1, 5000)", [rows[0]?.pid]);
            return second;
          },
        }),
      ),
    );
    expect((await lost).code).toBe("SERVER_LOST");
  });
});
