import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { formatDifference } from "../../../runner/catalog/compare";
import { findDrift } from "../../../runner/drift/findDrift";
import type { VerifyRequest } from "../../../runner/drift/verify";
import { asRunner } from "../../support/asRunner";
import { applyRequest } from "../../support/directive";
import { grantAll, makeRoles } from "../../support/drift";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";

describe.each(MAJORS)("logins on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major });
  const members = { v7_agent: ["ada", "bob"], v7_ci: ["watcher"] };
  let client: Client;
  let request: Awaited<ReturnType<typeof applyRequest>>;

  beforeAll(async () => {
    const database = await server().createDatabase({ shape: "supabase", unprotected: true });
    request = { ...(await applyRequest(database)), members };
    client = await database.connect(server().superuser);
    // The stack's login makes them, as the stack does: from 16 on it administers no others.
    const owner = await database.connect();
    await makeRoles(owner, request.access);
    await owner.query(
      "CREATE ROLE ada LOGIN; CREATE ROLE bob LOGIN; CREATE ROLE watcher LOGIN; GRANT v7_agent TO ada, bob; GRANT v7_ci TO watcher",
    );
    await applyDirective(request);
    await grantAll(owner, request.access);
  });

  const lines = async (sql: string, known: VerifyRequest["members"]): Promise<string[]> => {
    await client.query("BEGIN");
    await client.query(sql);
    const { findings } = await asRunner(client, (client) =>
      findDrift(client, { ...request, members: known }),
    );
    await client.query("ROLLBACK");
    return findings.map(formatDifference);
  };

  it("that the settings keep secret are drift when one is added or removed", async () => {
    const [came] = await lines("CREATE ROLE eve LOGIN; GRANT v7_architect TO eve", undefined);
    expect(came).toMatch(
      /^changed: logins \(those whose digest history recorded, .*v7_architect: eve/,
    );
    const [went] = await lines(
      "SET LOCAL ROLE postgres; REVOKE v7_agent FROM bob; RESET ROLE",
      undefined,
    );
    expect(went).toMatch(/^changed: logins .*v7_agent: ada; v7_ci: watcher\)$/);
  });

  it("that are in the settings are drift when they get another role or others get theirs", async () => {
    expect(await lines("GRANT v7_architect TO ada", members)).toStrictEqual([
      'changed: login ada (memberOf: ["v7_agent"] -> ["v7_agent","v7_architect"])',
      'changed: role v7_architect (members: [] -> ["ada"])',
    ]);
    expect(await lines("CREATE ROLE eve LOGIN; GRANT v7_agent TO eve", members)).toStrictEqual([
      'changed: role v7_agent (members: ["ada","bob"] -> ["ada","bob","eve"])',
    ]);
  });

  describe.each([
    ["are in the settings", members],
    ["the settings keep secret", undefined],
  ])("that %s", (_what, known) => {
    it("are no drift when they are the approved ones", async () => {
      expect(await lines("SELECT 1", known)).toStrictEqual([]);
    });

    it("are drift when one gets an attribute, a second role or an admin option", async () => {
      expect(await lines("ALTER ROLE ada BYPASSRLS CREATEROLE", known)).toStrictEqual([
        "changed: login ada (bypassRowSecurity: false -> true; createRole: false -> true)",
      ]);
      expect(await lines("GRANT pg_write_all_data TO bob", known)).toStrictEqual([
        'changed: login bob (memberOf: ["v7_agent"] -> ["pg_write_all_data","v7_agent"])',
      ]);
      expect(await lines("GRANT v7_agent TO ada WITH ADMIN OPTION", known)).toStrictEqual([
        'changed: login ada (memberOf: ["v7_agent"] -> ["v7_agent*"])',
        'changed: role v7_agent (members: ["ada","bob"] -> ["ada*","bob"])',
      ]);
    });
  });
});
