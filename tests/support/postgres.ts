import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client, escapeIdentifier } from "pg";
import { startThrowaway } from "../../runner/embedded";
import type { PostgresMajor } from "../../runner/postgres/majors";

/** `supabase`: roles, default privileges and tables of a Supabase project; `postgres` owns it. `empty`: nothing. */
type DatabaseShape = "empty" | "supabase";

export interface TestServerOptions {
  readonly major: PostgresMajor;
  /** Write every statement to the server's log, as the client sent it. Default false. */
  readonly logStatements?: boolean;
  /** The folder of the `initdb` and `postgres` of another server than npm's. */
  readonly binFolder?: string | undefined;
  /** Further settings of the server, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface TestDatabaseOptions {
  readonly shape: DatabaseShape;
  /** Marked by its owner as one that needs no approval. Default false: it is protected. */
  readonly unprotected?: boolean;
  /** The database of this server that is its template, without connections. Default: an empty one. */
  readonly copyOf?: Pick<TestDatabase, "name">;
}

export interface TestServer {
  readonly major: PostgresMajor;
  readonly host: string;
  readonly port: number;
  readonly superuser: string;
  readonly superuserPassword: string;
  /** A new database of this server; the roles of one shape are shared by all of its databases. */
  createDatabase(options: TestDatabaseOptions): Promise<TestDatabase>;
  /** A connected client of any database, ended by `stop`. Default user: the superuser. */
  connect(database: string, user?: string, password?: string): Promise<Client>;
  /** The server's log so far. */
  serverLog(): string;
  /** Ends the clients that `connect` gave, the server, and its files. For afterAll. */
  stop(): Promise<void>;
}

export interface TestDatabase {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  /** Owns the database: `postgres` in the shape `supabase`, else the superuser. */
  readonly owner: string;
  readonly ownerPassword: string;
  /** A connection URL. Default user: the owner. */
  url(user?: string, password?: string): string;
  /** A connected client, ended by the server's `stop`. Default user: the owner; the superuser's password is known. */
  connect(user?: string, password?: string): Promise<Client>;
}

/** As in fixtures/supabase_like_roles.sql. */
const POSTGRES_PASSWORD = "postgres";

/** Starts a real server for a test file. It fails rather than skips, and never outlives the test process. */
export async function startTestServer(options: TestServerOptions): Promise<TestServer> {
  const { major, logStatements = false, settings = {}, binFolder } = options;
  const server = await startThrowaway(
    major,
    { ...(logStatements ? { log_statement: "all" } : {}), ...settings },
    { binFolder },
  );
  const clients: Client[] = [];
  const connect = async (
    database: string,
    user = server.superuser,
    password = server.superuserPassword,
  ): Promise<Client> => {
    const { host, port } = server;
    const client = new Client({
      host,
      port,
      user,
      password,
      database,
      ssl: false,
      // With the runner's own settings, since tests give these clients to its functions.
      pipeline: true,
    });
    // A server that is stopped on purpose ends its clients; a pending query still fails.
    client.on("error", () => undefined);
    await client.connect();
    clients.push(client);
    return client;
  };
  const admin = await connect("postgres");
  let template: Promise<string> | undefined;
  let count = 0;

  const createTemplate = async (): Promise<string> => {
    await admin.query(readFixture("supabase_like_roles.sql"));
    await admin.query("CREATE DATABASE supabase_template OWNER postgres");
    const client = await connect("supabase_template");
    await client.query(readFixture("supabase_like_database.sql"));
    await client.end();
    return "supabase_template";
  };

  const createDatabase = async (wanted: TestDatabaseOptions): Promise<TestDatabase> => {
    const isSupabase = wanted.shape === "supabase";
    const name = `test_${++count}`;
    const empty = isSupabase ? await (template ??= createTemplate()) : "template1";
    const from = wanted.copyOf?.name ?? empty;
    const owner = isSupabase ? "postgres" : server.superuser;
    const ownerPassword = isSupabase ? POSTGRES_PASSWORD : server.superuserPassword;
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${from} OWNER ${escapeIdentifier(owner)}`);
    if (wanted.unprotected === true) {
      await admin.query(`ALTER DATABASE ${name} SET v7.unprotected = 'on'`);
    }
    const passwordOf = (user: string): string => {
      if (user === server.superuser) {
        return server.superuserPassword;
      }
      return user === owner ? ownerPassword : "";
    };
    return {
      host: server.host,
      port: server.port,
      name,
      owner,
      ownerPassword,
      url: (user = owner, password = passwordOf(user)) =>
        `postgresql://${user}:${password}@${server.host}:${server.port}/${name}`,
      connect: (user = owner, password = passwordOf(user)) => connect(name, user, password),
    };
  };

  return {
    major,
    host: server.host,
    port: server.port,
    superuser: server.superuser,
    superuserPassword: server.superuserPassword,
    createDatabase,
    connect,
    serverLog: () => server.log(),
    stop: async () => {
      await Promise.all(clients.map((client) => client.end()));
      await server.stop();
    },
  };
}

/**
 * The one server of a test file, or of a describe: it starts before the first test and is stopped after the last, and
 * then `more` runs. Call it once, at the top of either; the server can be used inside of tests.
 */
export function serverOfFile(
  options: TestServerOptions,
  more: () => void = () => undefined,
): () => TestServer {
  let server: TestServer | undefined;
  beforeAll(async () => {
    server = await startTestServer(options);
  });
  afterAll(async () => {
    await server?.stop();
    more();
  });
  return () => {
    if (server === undefined) {
      throw new Error("the server is asked for before the tests begin");
    }
    return server;
  };
}

function readFixture(name: string): string {
  return readFileSync(join(__dirname, "fixtures", name), "utf8");
}
