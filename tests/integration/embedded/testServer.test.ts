import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MAJORS } from "../../support/majors";
import { startTestServer, type TestServer } from "../../support/postgres";
import { processList } from "./checkout";

jest.setTimeout(60_000);

describe.each(MAJORS)("a test server of PostgreSQL %i", (major) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({ major, logStatements: true });
  });

  afterAll(async () => {
    await server.stop();
  });

  it("is of that major, in UTF-8, and listens on 127.0.0.1 alone", async () => {
    const client = await (await server.createDatabase({ shape: "empty" })).connect();
    const { rows } = await client.query(
      `SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('server_encoding') AS encoding,
              current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets,
              current_setting('fsync') AS fsync, current_user::text AS user`,
    );
    expect(rows).toEqual([
      {
        major,
        encoding: "UTF8",
        addresses: "127.0.0.1",
        sockets: "",
        fsync: "off",
        user: "supabase_admin",
      },
    ]);
  });

  it("gives each caller a database of the Supabase shape that another caller's changes do not reach", async () => {
    const [one, two] = await Promise.all([
      server.createDatabase({ shape: "supabase" }),
      server.createDatabase({ shape: "supabase" }),
    ]);
    await (await one.connect()).query("INSERT INTO jobs DEFAULT VALUES");
    const client = await two.connect();
    const { rows } = await client.query(
      `SELECT current_user::text AS user, pg_get_userbyid(datdba) AS owner,
              (SELECT count(*)::int FROM jobs) AS jobs,
              (SELECT count(*)::int FROM pg_default_acl) AS "defaultAcls",
              current_setting('is_superuser') AS superuser
       FROM pg_database WHERE datname = current_database()`,
    );
    expect(rows).toEqual([
      { user: "postgres", owner: "postgres", jobs: 0, defaultAcls: 3, superuser: "off" },
    ]);
  });

  it("opens a new table of postgres to the API roles, as Supabase long did", async () => {
    const database = await server.createDatabase({ shape: "supabase" });
    const client = await database.connect();
    await client.query("CREATE TABLE opened (id int)");
    const { rows } = await client.query(
      "SELECT has_table_privilege('anon', 'opened', 'SELECT') AS anon",
    );
    expect(rows).toEqual([{ anon: true }]);
  });

  it("marks a database as unprotected only when asked", async () => {
    const read = "SELECT current_setting('v7.unprotected', true) AS mark";
    const marked = await server.createDatabase({ shape: "supabase", unprotected: true });
    const unmarked = await server.createDatabase({ shape: "supabase" });
    expect((await (await marked.connect()).query(read)).rows).toEqual([{ mark: "on" }]);
    expect((await (await unmarked.connect()).query(read)).rows).not.toEqual([{ mark: "on" }]);
  });

  it("shows in its log the statements that a client sent", async () => {
    const client = await (await server.createDatabase({ shape: "empty" })).connect();
    await client.query("SELECT 'seen in the log'");
    expect(server.serverLog()).toContain("statement: SELECT 'seen in the log'");
  });
});

it("leaves neither a process nor a file when its own process is killed", async () => {
  const script = `
    require("tsx/cjs");
    require("./tests/support/postgres.ts").startTestServer({ major: 17 }).then((server) => {
      console.log(server.port);
      setInterval(() => undefined, 1000);
    });`;
  // A folder for temporary files of its own, so that its files can be told from those of tests that run beside this.
  const temporary = mkdtempSync(join(tmpdir(), "v7-killed-"));
  chmodSync(temporary, 0o777);
  const child = spawn(process.execPath, ["-e", script], {
    cwd: join(__dirname, "../../.."),
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const folders = (): string[] =>
    readdirSync(temporary).filter((name) => name.startsWith("v7-throwaway-"));
  expect(folders()).toHaveLength(1);
  expect(processList()).toContain(`-D ${temporary}`);
  child.kill("SIGKILL");
  const deadline = Date.now() + 30_000;
  while (folders().length > 0 && Date.now() < deadline) {
    await sleep(50);
  }
  expect(folders()).toEqual([]);
  expect(processList()).not.toContain(`-D ${temporary}`);
  rmSync(temporary, { recursive: true });
}, 90_000);
