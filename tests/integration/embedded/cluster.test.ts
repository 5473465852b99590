import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type ClusterAccess,
  clusterStatus,
  createCluster,
  destroyCluster,
  placeOf,
  startCluster,
  stopCluster,
  SUPERUSER,
} from "../../../runner/embedded";
import { isProtected } from "../../../runner/postgres/protection";
import { MAJORS } from "../../support/majors";
import { ask, checkoutOfTests, count, filesWith, killServer, login, processList } from "./checkout";

jest.setTimeout(60_000);

describe.each(MAJORS)("the PostgreSQL %i cluster of a stack", (major) => {
  const checkout = checkoutOfTests({ name: "a $folder with spaces" });
  const place = placeOf("dev", checkout);
  let access: ClusterAccess;

  const asSuperuser = (sql: string): Promise<unknown[]> =>
    ask({ port: access.port, password: access.superuserPassword }, sql, SUPERUSER);

  beforeAll(async () => {
    access = await createCluster(place, major);
  });

  it("is up, and reports its port", async () => {
    expect(Number.parseInt(access.serverVersion, 10)).toBe(major);
    expect(await clusterStatus(place)).toMatchObject({ state: "up", port: access.port });
  });

  it("lets postgres log in with its password, as the owner of the database and not as a superuser", async () => {
    const rows = await ask(
      access,
      `SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, pg_get_userbyid(datdba) AS owner
       FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()`,
    );
    expect(rows).toEqual([
      {
        rolname: "postgres",
        rolsuper: false,
        rolcreaterole: true,
        rolcreatedb: true,
        rolbypassrls: true,
        owner: "postgres",
      },
    ]);
  });

  it("refuses a wrong password, and every login without one", async () => {
    for (const password of ["", "postgres", access.superuserPassword]) {
      await expect(login(access.port, "postgres", password)).rejects.toThrow(/password/i);
    }
    for (const role of ["anon", "authenticator", "nobody"]) {
      await expect(login(access.port, role, "x")).rejects.toThrow(/password/i);
    }
  });

  it("stores passwords as SCRAM verifiers, waits for the disk, and listens only on 127.0.0.1", async () => {
    const rows = await asSuperuser(
      `SELECT (SELECT array_agg(rolname::text || ' ' || split_part(rolpassword, ':', 1) ORDER BY rolname)
               FROM pg_authid WHERE rolpassword IS NOT NULL) AS verifiers,
              (SELECT array_agg(DISTINCT auth_method) FROM pg_hba_file_rules) AS methods,
              current_setting('fsync') AS fsync, current_setting('listen_addresses') AS addresses,
              current_setting('unix_socket_directories') AS sockets`,
    );
    expect(rows).toEqual([
      {
        verifiers: ["postgres SCRAM-SHA-256$4096", "supabase_admin SCRAM-SHA-256$4096"],
        methods: ["scram-sha-256"],
        fsync: "on",
        addresses: "127.0.0.1",
        sockets: "",
      },
    ]);
  });

  it("has the baseline: file_audit with rows, owned by postgres, open to the API roles", async () => {
    const rows = await ask(
      access,
      `SELECT (SELECT count(*)::int FROM file_audit) AS files, tableowner AS owner,
              has_table_privilege('anon', 'file_audit', 'SELECT') AS anon,
              (SELECT count(*)::int FROM pg_event_trigger) AS "eventTriggers",
              enum_range(NULL::task_status_enum)::text AS statuses
       FROM pg_tables WHERE tablename = 'file_audit'`,
    );
    expect(rows).toEqual([
      {
        files: 6,
        owner: "postgres",
        anon: true,
        eventTriggers: 1,
        statuses: "{Queued,InProgress,Completed,Error}",
      },
    ]);
  });

  it("is unprotected, so that it needs no approval", async () => {
    const client = await login(access.port, "postgres", access.password);
    expect(await isProtected(client)).toBe(false);
    await client.end();
  });

  it("keeps its data, passwords and port through a stop and a start", async () => {
    await ask(access, "INSERT INTO jobs DEFAULT VALUES");
    const [before] = await ask(access, "SELECT count(*) FROM jobs");
    expect(await stopCluster(place)).toBe(true);
    expect(await clusterStatus(place)).toMatchObject({ state: "down", port: access.port });
    expect(processList()).not.toContain(checkout);
    expect(await startCluster(place)).toBe(access.port);
    expect(await ask(access, "SELECT count(*) FROM jobs")).toEqual([before]);
  });

  it("starts with every committed row after its server is killed under load", async () => {
    await ask(access, "CREATE TABLE kept AS SELECT generate_series(1, 10000) AS n");
    await ask(access, "CREATE TABLE busy (n int)");
    const client = await login(access.port, "postgres", access.password);
    const running = client.query("INSERT INTO busy SELECT generate_series(1, 1000000)");
    const settled = running.catch(() => undefined);
    await sleep(100);
    const { pid } = await clusterStatus(place);
    await killServer(Number(pid));
    // The session is at work still: a second server at the same data now would ruin them.
    expect(await startCluster(place)).toBe(access.port);
    expect(await clusterStatus(place)).toMatchObject({ state: "up" });
    expect(await count(access, "kept")).toBe(10_000);
    await settled;
  });

  it("keeps running when it is started a second time", async () => {
    const { pid } = await clusterStatus(place);
    expect(await startCluster(place)).toBe(access.port);
    expect(await clusterStatus(place)).toMatchObject({ state: "up", pid });
  });

  it("has its passwords in no file of its folder", async () => {
    const alter = `ALTER ROLE no_such_role PASSWORD '${access.password}'`;
    await expect(ask(access, alter)).rejects.toThrow("does not exist");
    await asSuperuser("CHECKPOINT");
    for (const password of [access.password, access.superuserPassword]) {
      expect(filesWith(place.home, password)).toEqual([]);
    }
    expect(readFileSync(place.logFile, "utf8")).toContain('role "no_such_role" does not exist');
  });

  it("keeps its data from other users", async () => {
    const { dataDirectory } = await clusterStatus(place);
    expect((statSync(String(dataDirectory)).mode & 0o777).toString(8)).toBe("700");
    expect((statSync(place.home).mode & 0o066).toString(8)).toBe("0");
  });

  it("is destroyed with only its own files, and destroying it again is refused", async () => {
    const foreign = join(place.home, "notes of somebody else.txt");
    writeFileSync(foreign, "keep me");
    await destroyCluster(place);
    expect(readFileSync(foreign, "utf8")).toBe("keep me");
    expect(filesWith(join(checkout, ".v7", "stacks"), "")).toEqual([foreign]);
    expect(processList()).not.toContain(checkout);
    expect(await clusterStatus(place)).toEqual({ state: "gone" });
    await expect(destroyCluster(place)).rejects.toThrow("not ours");
    expect(existsSync(foreign)).toBe(true);
  });
});
