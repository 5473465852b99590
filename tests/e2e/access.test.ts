import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { scramVerifier } from "../../runner/embedded/server/scram";
import { makeCheckout, type Checkout, type CommandResult } from "../support/checkout";
import { startTestServer, type TestDatabase, type TestServer } from "../support/postgres";
import { writeExternalStack } from "../support/protectedStack";

/** On PostgreSQL 18, with Supabase's kind of login, which is no superuser; the server's log has every statement. */
let checkout: Checkout;
let server: TestServer;
let database: TestDatabase;
let admin: Client;
/** access.yaml as the repository has it. */
let matrix: string;

const PASSWORD = "a password of nobody's";
const STACK = ["--stack", "access"];

beforeAll(async () => {
  [checkout, server] = await Promise.all([
    makeCheckout(),
    startTestServer({ major: 18, logStatements: true }),
  ]);
  database = await server.createDatabase({ shape: "supabase", unprotected: true });
  admin = await database.connect(server.superuser, server.superuserPassword);
  matrix = readFileSync(matrixPath(), "utf8");
  writeExternalStack(checkout, "access", database, [
    'v7:requireApproval: "false"',
    "v7:amendments: '[\"row_level_security\"]'",
  ]);
});

afterAll(async () => {
  checkout.remove();
  await server.stop();
});

function matrixPath(): string {
  return join(checkout.folder, "sql", "ad_005", "access.yaml");
}

function setSecret(key: string, value: string): void {
  checkout.pulumi(["config", "set", "--secret", key, value, ...STACK]);
}

function setLogins(logins: Readonly<Record<string, string>>): void {
  const list = Object.entries(logins).map(([name, role]) => ({
    name,
    role,
    // Of a fixed salt: another verifier of the same password would be another login.
    password: scramVerifier(PASSWORD, Buffer.from("0123456789abcdef")),
  }));
  setSecret("v7:logins", JSON.stringify(list));
}

function up(): CommandResult {
  return checkout.pulumi(["up", "--yes", "--skip-preview", "--policy-pack", "policy", ...STACK]);
}

/** `created Role roles-alice`, a line a resource that an up made, changed or deleted, sorted. */
function changes({ output }: CommandResult): string[] {
  const lines = output.matchAll(
    /^ *[+~-]+ +\w+:\w+:(\w+) (\S+) (created|updated|deleted|replaced)\b/gm,
  );
  return [...lines].map(([, type = "", name = "", how = ""]) => `${how} ${type} ${name}`).sort();
}

/** What was revoked since that place in the server's log, without repetition: `public.t FROM v7_agent`. */
function revokedSince(place: number): string[] {
  const log = server.serverLog().slice(place);
  const found = log.matchAll(/(?:statement|execute [^:]+): REVOKE ([^\n]+)/g);
  return [
    ...new Set(
      [...found].map(([, rest = ""]) =>
        rest.replace(/^.* ON (?:TABLE |SCHEMA )?/, "").replaceAll('"', ""),
      ),
    ),
  ].sort();
}

async function roles(): Promise<string[]> {
  const { rows } = await admin.query<{ name: string }>(
    "SELECT rolname AS name FROM pg_roles WHERE rolname ~ '^(v7_|alice$|bob$)' ORDER BY 1",
  );
  return rows.map(({ name }) => name);
}

// One story, told in order.
describe("roles and grants of a stack", () => {
  it("are created by pulumi up, and a refresh and another up find nothing to change", () => {
    setLogins({ bob: "v7_reader" });
    const { code, output } = up();
    expect(output).toMatch(/\d+ steps committed in one transaction/);
    expect(code).toBe(0);
    expect(
      checkout.pulumi(["refresh", "--yes", "--skip-preview", "--expect-no-changes", ...STACK]).code,
    ).toBe(0);
    const again = up();
    expect(again.output).toMatch(/Resources:\s+\d+ unchanged/);
    expect(changes(again)).toStrictEqual([]);
  });

  it("change only where a role, an object, a login or a privilege is added", async () => {
    writeFileSync(
      matrixPath(),
      edit(matrix, [
        ["roles:\n", "roles:\n  v7_helper: Helps.\n"],
        ["  public:\n", "  public:\n    v7_helper: [USAGE]\n"],
        [
          "  public.v7_test_results:\n",
          "  public.v7_test_results:\n    v7_helper: { SELECT: all }\n",
        ],
        [
          "public.v7_subworkflow_tasks:\n    v7_reader: { SELECT: all }\n    v7_agent: { SELECT: all, INSERT: all, UPDATE: all }",
          "public.v7_subworkflow_tasks:\n    v7_reader: { SELECT: all }\n    v7_agent: { SELECT: all, INSERT: all, UPDATE: all, DELETE: all }",
        ],
        [
          "  v7_control.history:\n",
          "  public.jobs:\n    v7_reader: { SELECT: all }\n\n  v7_control.history:\n",
        ],
      ]),
    );
    setLogins({ bob: "v7_reader", alice: "v7_helper" });
    const place = server.serverLog().length;
    const result = up();
    expect(changes(result)).toStrictEqual([
      "created Grant grants-v7_helper-public",
      "created Grant grants-v7_helper-public.v7_test_results",
      "created Grant grants-v7_reader-public.jobs",
      "created Role roles-alice",
      "created Role roles-v7_helper",
      "updated ApprovalGate gate",
      "updated CatalogCheck catalog",
      "updated Grant grants-v7_agent-public.v7_subworkflow_tasks",
      "updated MigrationRunner directive",
    ]);
    expect(result.code).toBe(0);
    // Nobody else lost anything, not for a moment.
    expect(revokedSince(place)).toStrictEqual([
      "public FROM v7_helper",
      "public.jobs FROM v7_reader",
      "public.v7_subworkflow_tasks FROM v7_agent",
      "public.v7_test_results FROM v7_helper",
    ]);
    const alice = await database.connect("alice", PASSWORD);
    expect((await alice.query("SELECT FROM v7_test_results")).rowCount).toBe(0);
    expect(server.serverLog()).not.toContain(PASSWORD);
  });

  it("lose only a removed role, even with a connected login and default privileges", async () => {
    const alice = await database.connect("alice", PASSWORD);
    await admin.query(
      "ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT SELECT ON TABLES TO v7_helper, alice",
    );
    writeFileSync(matrixPath(), matrix);
    setLogins({ bob: "v7_reader" });
    const place = server.serverLog().length;
    const result = up();
    expect(changes(result)).toStrictEqual([
      "deleted Grant grants-v7_helper-public",
      "deleted Grant grants-v7_helper-public.v7_test_results",
      "deleted Grant grants-v7_reader-public.jobs",
      "deleted Role roles-alice",
      "deleted Role roles-v7_helper",
      "updated ApprovalGate gate",
      "updated CatalogCheck catalog",
      "updated Grant grants-v7_agent-public.v7_subworkflow_tasks",
      "updated MigrationRunner directive",
    ]);
    expect(result.code).toBe(0);
    expect(
      revokedSince(place).filter((one) => !/v7_helper|alice|postgres$/.test(one)),
    ).toStrictEqual([
      "public.jobs FROM v7_reader",
      "public.v7_subworkflow_tasks FROM v7_agent",
      // By the runner, in the transaction that records the matrix.
      "public.v7_subworkflow_tasks FROM v7_agent CASCADE",
    ]);
    expect(await roles()).toStrictEqual([
      "bob",
      "v7_agent",
      "v7_architect",
      "v7_auditor",
      "v7_ci",
      "v7_reader",
    ]);
    await expect(alice.query("SELECT FROM v7_test_results")).rejects.toThrow(/permission denied/);
  });

  it("are removed with the stack, even if archives, default privileges or connected logins use them", async () => {
    await admin.query(
      `INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona) VALUES (91, 'One', 'L8');
       ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT SELECT ON TABLES TO v7_reader, bob`,
    );
    const bob = await database.connect("bob", PASSWORD);
    expect(
      (await bob.query("SELECT FROM v7_migration_workflow WHERE phase_number = 91")).rowCount,
    ).toBe(1);
    const { code, output } = checkout.pulumi(["destroy", "--yes", "--skip-preview", ...STACK]);
    expect(output).toMatch(/\d+ deleted/);
    expect(code).toBe(0);
    expect(await roles()).toStrictEqual([]);
    const { rows } = await admin.query<{ grantees: string }>(
      `SELECT string_agg(DISTINCT a.grantee::regrole::text, ' ') AS grantees FROM pg_class c
        CROSS JOIN LATERAL aclexplode(c.relacl) a
        WHERE c.relnamespace = 'v7_archive'::regnamespace AND a.grantee <> c.relowner`,
    );
    expect(rows).toStrictEqual([{ grantees: null }]);
  });
});

/** Replaces each text, which must be there, by the other one. */
function edit(
  text: string,
  replacements: readonly (readonly [from: string, to: string])[],
): string {
  return replacements.reduce((before, [from, to]) => {
    expect(before).toContain(from);
    return before.replace(from, () => to);
  }, text);
}
