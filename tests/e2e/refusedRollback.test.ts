import type { Client } from "pg";
import { makeCheckout, type Checkout, type CommandResult } from "../support/checkout";
import { startTestServer, type TestDatabase, type TestServer } from "../support/postgres";
import { writeExternalStack } from "../support/protectedStack";

let checkout: Checkout;
let server: TestServer;
let database: TestDatabase;
let owner: Client;

const STACK = ["--stack", "refused"];
const RUN_A_FUNCTION = "FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()";

beforeAll(async () => {
  [checkout, server] = await Promise.all([makeCheckout(), startTestServer({ major: 18 })]);
  database = await server.createDatabase({ shape: "supabase", unprotected: true });
  owner = await database.connect();
  writeExternalStack(checkout, "refused", database, [
    'v7:requireApproval: "false"',
    'v7:lockTimeoutSeconds: "1"',
  ]);
  checkout.pulumi(["up", "--yes", "--skip-preview", ...STACK]);
});

afterAll(async () => {
  checkout.remove();
  await server.stop();
});

/** The rollback as the runbook has it. */
function destroy(...more: string[]): CommandResult {
  const target = ["--target", "**MigrationRunner::directive", "--target-dependents"];
  return checkout.pulumi(["destroy", "--yes", "--skip-preview", ...target, ...STACK, ...more]);
}

function plan(): CommandResult {
  return checkout.v7(["plan", "--action", "rollback", "--no-rehearsal", "--no-packet", ...STACK]);
}

/** The privileges of the group roles, on objects and on columns. */
async function grants(): Promise<readonly unknown[]> {
  const { rows } = await owner.query<Record<string, unknown>>(
    `SELECT grantee, table_name, NULL AS column_name, privilege_type FROM information_schema.table_privileges
      WHERE grantee ~ '^v7_'
     UNION ALL
     SELECT grantee, table_name, column_name, privilege_type FROM information_schema.column_privileges
      WHERE grantee ~ '^v7_' ORDER BY 1, 2, 3, 4`,
  );
  return rows;
}

describe("a blocked rollback", () => {
  it.each([
    [
      "a view",
      "CREATE VIEW app_report AS SELECT * FROM v7_migration_workflow",
      "view public.app_report",
      "DROP VIEW app_report",
    ],
    [
      "a materialized view",
      "CREATE MATERIALIZED VIEW app_report AS SELECT * FROM v7_test_results",
      "materialized view public.app_report",
      "DROP MATERIALIZED VIEW app_report",
    ],
    [
      "a foreign key",
      "CREATE TABLE app (phase integer REFERENCES v7_migration_workflow (phase_number))",
      "table constraint app_phase_fkey on public.app",
      "DROP TABLE app",
    ],
    [
      "a trigger",
      `CREATE TRIGGER app BEFORE UPDATE OF v7_impact_score ON file_audit ${RUN_A_FUNCTION}`,
      "trigger app on public.file_audit",
      "DROP TRIGGER app ON file_audit",
    ],
    [
      "a publication",
      "CREATE PUBLICATION app FOR TABLE v7_test_results",
      "publication relation public.v7_test_results in publication app",
      "DROP PUBLICATION app",
    ],
    [
      "a sequence",
      "CREATE SEQUENCE app OWNED BY file_audit.v7_impact_score",
      "sequence public.app",
      "DROP SEQUENCE app",
    ],
    [
      "a lock",
      "BEGIN; LOCK TABLE v7_test_results IN ROW EXCLUSIVE MODE",
      "holds ROW EXCLUSIVE on public.v7_test_results",
      "ROLLBACK",
    ],
  ])(
    "names %s in its plan and its refusal, and keeps every grant",
    async (_, made, name, unmade) => {
      const before = await grants();
      expect(before.length).toBeGreaterThan(100);
      const other = await database.connect();
      await other.query(made);
      const planned = plan();
      expect(planned.output).toContain(name);
      expect(planned.code).toBe(3);
      const refused = destroy();
      expect(refused.output).toMatch(/(ROLLBACK_BLOCKED|LOCK_TIMEOUT): /);
      expect(refused.output).toContain(name);
      expect(refused.code).not.toBe(0);
      await other.query(unmade);
      await other.end();
      expect(await grants()).toStrictEqual(before);
    },
  );

  it("runs once nothing blocks it", async () => {
    expect(plan().code).toBe(0);
    expect(destroy().code).toBe(0);
    expect(await grants()).toStrictEqual([]);
  });
});
