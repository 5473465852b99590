import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { formatDifference } from "../../../runner/catalog/compare";
import { grantStatements } from "../../../runner/directive/grantStatements";
import { findDrift } from "../../../runner/drift/findDrift";
import { asRunner } from "../../support/asRunner";
import { applyRequest } from "../../support/directive";
import { makeRoles } from "../../support/drift";
import { startTestServer, type TestServer } from "../../support/postgres";

describe.each([15, 17] as const)(
  "logins that the settings keep secret, on PostgreSQL %i,",
  (major) => {
    let server: TestServer;
    let client: Client;
    let request: Awaited<ReturnType<typeof applyRequest>>;

    beforeAll(async () => {
      server = await startTestServer({ major });
      const database = await server.createDatabase({ shape: "supabase", unprotected: true });
      const members = { v7_agent: ["ada", "bob"], v7_ci: ["watcher"] };
      request = { ...(await applyRequest(database)), members };
      client = await database.connect(server.superuser, server.superuserPassword);
      // The stack's login makes them, as the stack does: from 16 on it administers no others.
      const owner = await database.connect();
      await makeRoles(owner, request.access);
      await owner.query(
        "CREATE ROLE ada LOGIN; CREATE ROLE bob LOGIN; CREATE ROLE watcher LOGIN; GRANT v7_agent TO ada, bob; GRANT v7_ci TO watcher",
      );
      await applyDirective(request);
      for (const statement of grantStatements(request.access)) {
        await owner.query(statement);
      }
    });

    afterAll(async () => {
      await server.stop();
    });

    const lines = async (sql: string): Promise<string[]> => {
      await client.query("BEGIN");
      await client.query(sql);
      const { findings } = await asRunner(client, (client) =>
        findDrift(client, { ...request, members: undefined }),
      );
      await client.query("ROLLBACK");
      return findings.map(formatDifference);
    };

    it("are no drift where they are those that were approved", async () => {
      expect(await lines("SELECT 1")).toStrictEqual([]);
    });

    it("are drift, named, where one came or went", async () => {
      const [came] = await lines("CREATE ROLE eve LOGIN; GRANT v7_architect TO eve");
      expect(came).toMatch(
        /^changed: logins \(those whose digest history recorded, .*v7_architect: eve/,
      );
      const [went] = await lines("SET LOCAL ROLE postgres; REVOKE v7_agent FROM bob; RESET ROLE");
      expect(went).toMatch(/^changed: logins .*v7_agent: ada; v7_ci: watcher\)$/);
    });

    it("are looked at one by one: an attribute, a second role, a membership that may be given on", async () => {
      expect(await lines("ALTER ROLE ada BYPASSRLS")).toStrictEqual([
        "changed: login ada (bypassRowSecurity: false -> true)",
      ]);
      expect(await lines("GRANT service_role TO bob")).toStrictEqual([
        'changed: login bob (memberOf: ["v7_agent"] -> ["service_role","v7_agent"])',
      ]);
      expect(await lines("GRANT v7_agent TO ada WITH ADMIN OPTION")).toStrictEqual([
        'changed: login ada (memberOf: ["v7_agent"] -> ["v7_agent*"])',
        'changed: role v7_agent (members: ["ada","bob"] -> ["ada*","bob"])',
      ]);
    });
  },
);
