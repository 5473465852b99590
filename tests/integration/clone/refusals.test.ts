import {
  createDatabaseClone,
  dropDatabaseClone,
  type CloneRequest,
} from "../../../runner/clone/databaseClone";
import { faultOf } from "../../support/faults";
import { MAJORS } from "../../support/majors";
import { startSharedServer, stateOf, type SharedServer } from "./setting";

describe.each(MAJORS)("cloning or dropping a database is refused, on PostgreSQL %i,", (major) => {
  let shared: SharedServer;
  beforeAll(async () => {
    shared = await startSharedServer(major);
  });
  afterAll(async () => {
    await shared.server.stop();
  });

  const expectRefused = async (
    request: CloneRequest,
    message: RegExp,
    code = "CLONE_REFUSED",
  ): Promise<void> => {
    const before = [
      await shared.databases(),
      await stateOf(shared.admin, request.connection.databaseName),
    ];
    const fault = await faultOf(() => createDatabaseClone(request, { inUseSeconds: 0.2 }));
    expect([fault.code, fault.message]).toEqual([code, expect.stringMatching(message)]);
    expect(fault.message).not.toContain(request.connection.password);
    expect([
      await shared.databases(),
      await stateOf(shared.admin, request.connection.databaseName),
    ]).toEqual(before);
  };

  /** Runs while the server is changed, and then changes it back. */
  const changed = async (sql: string, back: string, use: () => Promise<void>): Promise<void> => {
    await shared.admin.query(sql);
    try {
      await use();
    } finally {
      await shared.admin.query(back);
    }
  };

  it("when the template does not exist", async () => {
    await expectRefused(
      { ...shared.request("a"), template: "nonesuch" },
      /found no database "nonesuch" on this server, expected the template\. Correct v7:templateDatabase/,
    );
  });

  it("when the template is protected", async () => {
    await changed(
      "ALTER DATABASE template_v7 RESET v7.unprotected",
      "ALTER DATABASE template_v7 SET v7.unprotected = 'on'",
      () =>
        expectRefused(
          shared.request("a"),
          /found the database "template_v7", which is protected, .*ALTER DATABASE "template_v7" SET v7\.unprotected = 'on', as its owner/,
        ),
    );
  });

  it("when the template is unprotected only for a single role", async () => {
    await changed(
      "ALTER DATABASE template_v7 RESET v7.unprotected; ALTER ROLE v7_branches IN DATABASE template_v7 SET v7.unprotected = 'on'; ALTER ROLE v7_branches SET v7.unprotected = 'on'",
      "ALTER ROLE v7_branches RESET ALL; ALTER ROLE v7_branches IN DATABASE template_v7 RESET ALL; ALTER DATABASE template_v7 SET v7.unprotected = 'on'",
      () => expectRefused(shared.request("a"), /"template_v7", which is protected/),
    );
  });

  it("when the login lacks several privileges, with all of them in one message", async () => {
    await changed(
      "ALTER ROLE v7_branches NOCREATEDB; REVOKE SET ON PARAMETER v7.unprotected FROM v7_branches; ALTER DATABASE template_v7 WITH IS_TEMPLATE false",
      "ALTER ROLE v7_branches CREATEDB; GRANT SET ON PARAMETER v7.unprotected TO v7_branches; ALTER DATABASE template_v7 WITH IS_TEMPLATE true",
      () =>
        expectRefused(
          shared.request("a"),
          /found login "v7_branches" without CREATEDB.*ALTER ROLE "v7_branches" CREATEDB[^]*GRANT SET ON PARAMETER v7\.unprotected TO "v7_branches"[^]*ALTER DATABASE "template_v7" WITH IS_TEMPLATE true/,
        ),
    );
  });

  it("while somebody is connected to the template, with the name of that session", async () => {
    const user = await shared.connect("template_v7", shared.server.superuser);
    await user.query("SET application_name = 'psql of ada'");
    await expectRefused(
      shared.request("a"),
      /found the template "template_v7" in use, [^]*pid \d+ \(supabase_admin, psql of ada/,
    );
    await user.end();
  });

  it("only until nobody is connected to the template any more", async () => {
    const request = shared.request("waited");
    const user = await shared.connect("template_v7", shared.server.superuser);
    const said: string[] = [];
    const onProgress = (message: string): void => {
      said.push(message);
      if (message.startsWith("waiting")) {
        void user.end();
      }
    };
    await createDatabaseClone(request, { onProgress, inUseSeconds: 30 });
    expect(said).toContain('waiting for those who use "template_v7"');
    await dropDatabaseClone(request);
  });

  it.each(["postgres", "template0", "template1", "template_v7", "é".repeat(32)])(
    "under a name that is reserved or too long: %j",
    async (name) => {
      await expectRefused(shared.request(name), /"v7:databaseName"/, "SETTING_INVALID");
    },
  );

  it.each([
    [
      "the server owner's, protected",
      "CREATE DATABASE taken",
      /owned by "supabase_admin", without/,
    ],
    [
      "the server owner's, with a note of this stack",
      `CREATE DATABASE taken; COMMENT ON DATABASE taken IS 'v7: {"stack":"stack-of-taken"}'`,
      /owned by "supabase_admin", noted as stack "stack-of-taken"/,
    ],
    [
      "the login's own, with no note",
      "CREATE DATABASE taken OWNER v7_branches",
      /owned by "v7_branches", without a note of ours/,
    ],
    [
      "the login's own, closed by hand",
      "CREATE DATABASE taken OWNER v7_branches ALLOW_CONNECTIONS false",
      /owned by "v7_branches", without a note of ours/,
    ],
    [
      "another stack's",
      `CREATE DATABASE taken OWNER v7_branches; COMMENT ON DATABASE taken IS 'v7: {"stack":"other"}'`,
      /noted as stack "other"'s/,
    ],
    [
      "this stack's, which somebody has protected since",
      `CREATE DATABASE taken OWNER v7_branches; COMMENT ON DATABASE taken IS 'v7: {"stack":"stack-of-taken"}'`,
      /this stack's own database, which somebody has protected since/,
    ],
  ])("when a database of that name is %s, and that one is not dropped", async (_, sql, message) => {
    for (const statement of sql.split("; ")) {
      await shared.admin.query(statement);
    }
    const request = shared.request("taken");
    await expectRefused(request, message);
    const { code } = await faultOf(() => dropDatabaseClone(request));
    expect(code).toBe("CLONE_REFUSED");
    expect(await shared.databases()).toEqual(["taken"]);
    await shared.admin.query("DROP DATABASE taken");
  });

  it("while the server's owner is connected to the clone to be dropped, with the server's message", async () => {
    const request = shared.request("watched");
    await createDatabaseClone(request);
    const owner = await shared.connect("watched", shared.server.superuser);
    const { message } = await faultOf(() => dropDatabaseClone(request));
    expect(message).toMatch(/^CLONE_REFUSED: dropping the database "watched" .*\(SQLSTATE 42501\)/);
    await owner.end();
    await dropDatabaseClone(request);
    expect(await shared.databases()).toEqual([]);
  });
});
