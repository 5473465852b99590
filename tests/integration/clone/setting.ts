import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Client } from "pg";
import type { CloneRequest } from "../../../runner/clone/databaseClone";
import type { PostgresMajor } from "../../../runner/postgres/majors";
import { startTestServer, type TestServer } from "../../support/postgres";

/** A server that branches share: a login without superuser, and a template whose owner agrees. */
export interface SharedServer {
  readonly server: TestServer;
  /** The server's owner, connected to `postgres`. */
  readonly admin: Client;
  readonly login: string;
  readonly template: string;
  request(databaseName: string, stack?: string): CloneRequest;
  /** A client of another database; default login: the shared one. */
  connect(database: string, user?: string): Promise<Client>;
  /** The names of the databases, except for the server's own and the template. */
  databases(): Promise<string[]>;
}

const LOGIN = "v7_branches";
const PASSWORD = randomBytes(12).toString("hex");

/** Starts one; its template holds one table with rows. */
export async function startSharedServer(major: PostgresMajor): Promise<SharedServer> {
  const server = await startTestServer({ major });
  const superuser = await server.createDatabase({ shape: "empty" });
  const first = await superuser.connect();
  await first.query(
    `CREATE ROLE ${LOGIN} LOGIN CREATEDB CREATEROLE PASSWORD '${PASSWORD}';
     GRANT SET ON PARAMETER v7.unprotected TO ${LOGIN}`,
  );
  await first.query("CREATE DATABASE template_v7");
  await first.query("ALTER DATABASE template_v7 SET v7.unprotected = 'on'");
  await first.query("ALTER DATABASE template_v7 WITH IS_TEMPLATE true");
  const filling = await server.connect("template_v7");
  await filling.query("CREATE TABLE filled AS SELECT generate_series(1, 100) AS n");
  await filling.query(`ALTER TABLE filled OWNER TO ${LOGIN}`);
  await filling.end();
  return {
    server,
    admin: first,
    login: LOGIN,
    template: "template_v7",
    request: (databaseName, stack = `stack-of-${databaseName}`) => ({
      connection: {
        host: server.host,
        port: server.port,
        databaseName,
        user: LOGIN,
        password: PASSWORD,
        sslMode: "disable",
      },
      template: "template_v7",
      stack,
    }),
    connect: (database, user = LOGIN) =>
      server.connect(database, user, user === LOGIN ? PASSWORD : undefined),
    databases: async () => {
      const { rows } = await first.query<{ name: string }>(
        `SELECT datname AS name FROM pg_database
          WHERE datname NOT IN ('postgres', 'template0', 'template1', 'template_v7', '${superuser.name}') ORDER BY 1`,
      );
      return rows.map(({ name }) => name);
    },
  };
}

/** Starts a process that makes or drops a clone and is killed at that point. */
export function runKilled(verb: "create" | "drop", request: CloneRequest, point: string): void {
  const file = join(__dirname, "..", "..", "support", "cloneProcess.cjs");
  const { signal, stderr } = spawnSync(
    process.execPath,
    [file, verb, JSON.stringify(request), point],
    { encoding: "utf8", timeout: 60_000 },
  );
  if (signal !== "SIGKILL") {
    throw new Error(`not killed: ${stderr}`);
  }
}

/** What the server's catalog says about a database. */
export async function stateOf(admin: Client, database: string): Promise<unknown> {
  const { rows } = await admin.query(
    `SELECT d.datallowconn AS open, d.datconnlimit AS "limit", pg_get_userbyid(d.datdba) AS owner,
            shobj_description(d.oid, 'pg_database') AS comment, s.setconfig AS settings
       FROM pg_database d LEFT JOIN pg_db_role_setting s ON s.setdatabase = d.oid AND s.setrole = 0
      WHERE d.datname = $1`,
    [database],
  );
  return rows[0];
}

/** The state of a complete clone. */
export function whole(stack: string): unknown {
  return {
    open: true,
    limit: -1,
    owner: LOGIN,
    comment: `v7: ${JSON.stringify({ stack })}`,
    settings: ["v7.unprotected=on"],
  };
}
