import type { Client } from "pg";
import { formatDifference } from "../../../runner/catalog/compare";
import { findDrift, type Finding } from "../../../runner/drift/findDrift";
import {
  verifyDatabase,
  type Verification,
  type VerifyRequest,
} from "../../../runner/drift/verify";
import { asRunner } from "../../support/asRunner";
import { carriedOut } from "../../support/drift";
import { MAJORS } from "../../support/majors";
import { startTestServer, type TestServer } from "../../support/postgres";
import type { Mutation } from "./mutation";
import { MUTATIONS } from "./mutations";

const COUNT_ROWS = `SELECT (SELECT count(*) FROM file_audit) AS a, (SELECT count(*) FROM v7_migration_workflow) AS b,
  (SELECT count(*) FROM v7_subworkflow_tasks) AS c, (SELECT count(*) FROM v7_enum_migrations) AS d`;

it("has at least sixty single changes", () => {
  expect(MUTATIONS.length).toBeGreaterThanOrEqual(60);
  expect(new Set(MUTATIONS.map(({ sql }) => sql)).size).toBe(MUTATIONS.length);
});

// 17 has every mutation, the others those that may differ by version.
describe.each([...new Set([...MAJORS, 17 as const])])("drift on PostgreSQL %i", (major) => {
  const chosen = MUTATIONS.filter(
    ({ from = 15, everywhere }) => from <= major && (major === 17 || everywhere === true),
  );
  let server: TestServer;
  let client: Client;
  let request: VerifyRequest;
  let before: Verification;

  beforeAll(async () => {
    server = await startTestServer({ major });
    const made = await carriedOut(server);
    ({ request } = made);
    client = await made.database.connect(server.superuser, server.superuserPassword);
    before = await asRunner(client, (client) => verifyDatabase(client, request));
  });

  afterAll(async () => {
    await server.stop();
  });

  it("is none where nothing was changed", () => {
    expect(before.differences).toStrictEqual([]);
    expect(before.pending).toStrictEqual([]);
  });

  it.each(chosen.map((mutation) => [mutation.what, mutation] as const))(
    "is found, named and repaired: %s",
    async (_what, mutation) => {
      await client.query("BEGIN");
      try {
        await client.query(mutation.sql);
        const { findings } = await asRunner(client, (client) => findDrift(client, request));
        const named = findings.filter((one) => formatDifference(one).startsWith(mutation.found));
        expect({ lines: findings.map(formatDifference), count: named.length }).toMatchObject({
          lines: findings.map(formatDifference),
          count: 1,
        });
        expect(named[0]?.causes.length).toBeGreaterThan(0);
        await expectRepaired(mutation, findings, named[0]?.repair);
      } finally {
        await client.query("ROLLBACK");
      }
    },
  );

  async function expectRepaired(
    mutation: Mutation,
    findings: readonly Finding[],
    repair: Finding["repair"] | undefined,
  ): Promise<void> {
    const statements = inOrder(findings, mutation.left === true);
    if (mutation.unrepairable === true) {
      expect(statements).toStrictEqual([]);
      return;
    }
    const { rows: counted } = mutation.found.startsWith("missing: table")
      ? { rows: [] }
      : await client.query(COUNT_ROWS);
    await client.query(mutation.by === "superuser" ? "RESET ROLE" : "SET LOCAL ROLE postgres");
    for (const statement of statements) {
      await client.query(statement);
    }
    await client.query("RESET ROLE");
    if (mutation.left === true) {
      expect(repair?.how).toBe("manual");
      expect(repair?.note).toContain("Expected: ");
      return;
    }
    const after = await asRunner(client, (client) => verifyDatabase(client, request));
    expect(after.differences.map(formatDifference)).toStrictEqual([]);
    expect(after.schemaFingerprint).toBe(before.schemaFingerprint);
    if (counted.length > 0) {
      expect((await client.query(COUNT_ROWS)).rows).toStrictEqual(counted);
    }
  }
});

/** The statements of every repair, each once, in the order in which they run. */
function inOrder(findings: readonly Finding[], isLeft: boolean): string[] {
  const texts = new Map(
    findings
      .filter(({ repair }) => !isLeft || repair.how !== "manual")
      .sort((a, b) => a.repair.phase - b.repair.phase)
      .map(({ repair }) => [repair.sql.join(";\n"), repair.sql] as const),
  );
  return [...texts.values()].flat();
}
