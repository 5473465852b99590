import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { makeCheckout, type Checkout, type CommandResult } from "../support/checkout";
import { startTestServer, type TestDatabase, type TestServer } from "../support/postgres";

/** The stand-in refuses protected databases; this switch exists for these tests, and its warning says so. */
const STAND_IN = { V7_STAND_IN_ON_PROTECTED: "tests-only" };

let checkout: Checkout;
let server: TestServer;
let database: TestDatabase;
let admin: Client;
let key: string;

beforeAll(async () => {
  [checkout, server] = await Promise.all([makeCheckout(), startTestServer({ major: 17 })]);
  database = await server.createDatabase({ shape: "supabase" });
  admin = await database.connect(server.superuser, server.superuserPassword);
  key = join(checkout.folder, "..", "architect");
  makeSigner(key, join(checkout.folder, "sql", "ad_005", "approvals", "allowed_signers"));
  writeFileSync(
    join(checkout.folder, "Pulumi.prod.yaml"),
    [
      "config:",
      "  v7:database: external",
      `  v7:host: ${database.host}`,
      `  v7:port: "${database.port}"`,
      `  v7:databaseName: ${database.name}`,
      `  v7:user: ${database.owner}`,
      "  v7:sslMode: disable",
      "",
    ].join("\n"),
  );
  checkout.pulumi(["stack", "init", "prod"]);
  checkout.pulumi([
    "config",
    "set",
    "--secret",
    "v7:password",
    database.ownerPassword,
    "--stack",
    "prod",
  ]);
});

afterAll(async () => {
  checkout.remove();
  await server.stop();
});

/** A new key, and a file of allowed signers that gives it to The Architect. */
function makeSigner(file: string, signers: string): void {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "architect", "-f", file]);
  const publicKey = readFileSync(`${file}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
  writeFileSync(signers, `architect namespaces="v7-approval" ${publicKey}\n`);
}

function up(
  environment: Record<string, string> = STAND_IN,
  more: readonly string[] = [],
): CommandResult {
  return checkout.pulumi(
    ["up", "--yes", "--skip-preview", "--stack", "prod", "--policy-pack", "policy", ...more],
    environment,
  );
}

function destroy(more: readonly string[] = []): CommandResult {
  return checkout.pulumi(
    ["destroy", "--yes", "--skip-preview", "--stack", "prod", ...more],
    STAND_IN,
  );
}

/** Everything of ours in the database: objects, privileges, roles and history. */
async function state(): Promise<unknown> {
  const { rows } = await admin.query(
    `SELECT 'object' AS what, n.nspname || '.' || c.relname AS name, c.relacl::text AS detail
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
     UNION ALL SELECT 'column', c.relname || '.' || a.attname, a.attacl::text FROM pg_attribute a
       JOIN pg_class c ON c.oid = a.attrelid WHERE c.relname = 'file_audit' AND NOT a.attisdropped
     UNION ALL SELECT 'role', rolname, rolconfig::text FROM pg_roles WHERE rolname LIKE 'v7\\_%'
      ORDER BY 1, 2`,
  );
  return rows;
}

async function expectRefused(run: () => CommandResult, message: RegExp): Promise<void> {
  const before = await state();
  const { code, output } = run();
  expect(output).toMatch(message);
  expect(output).not.toContain(
    database.ownerPassword === "postgres" ? "password=postgres" : database.ownerPassword,
  );
  expect(code).not.toBe(0);
  expect(await state()).toStrictEqual(before);
}

function approve(action: "apply" | "rollback" | "trust", more: readonly string[] = []): void {
  const plan = join(checkout.folder, "..", `${action}.json`);
  const planned = checkout.v7([
    ...["plan", "--stack", "prod", "--action", action, "--out", plan],
    ...more,
  ]);
  expect(planned.output).toMatch(/plan digest [0-9a-f]{64}/);
  const signed = checkout.v7([
    "approve",
    "--plan",
    plan,
    "--key",
    key,
    "--signer",
    "architect",
    "--yes",
  ]);
  expect(signed.code).toBe(0);
}

// One story, told in order.
describe("a protected database", () => {
  it("is previewed without an approval, and nothing is written", async () => {
    const before = await state();
    const { code, output } = checkout.pulumi(
      ["preview", "--stack", "prod", "--policy-pack", "policy"],
      STAND_IN,
    );
    expect(output).toContain(
      "a protected database: `pulumi up` needs The Architect's approval of the plan below",
    );
    expect(output).toMatch(/plan digest [0-9a-f]{64}/);
    expect(output).toContain("pre-checks: nothing stands in the way");
    expect(output).toMatch(
      /\[advisory\]\s+approval-needed[^]*would stop here with: APPROVAL_REQUIRED: /,
    );
    expect(code).toBe(0);
    expect(await state()).toStrictEqual(before);
  });

  it("is refused without an approval, before the first resource", async () => {
    await expectRefused(() => up(), /APPROVAL_REQUIRED: running a plan on a protected database/);
    expect(checkout.pulumi(["stack", "export", "--stack", "prod"]).output).not.toContain(
      "MigrationRunner",
    );
  });

  it("is refused with requireApproval false, and without the policy pack", async () => {
    checkout.pulumi(["config", "set", "v7:requireApproval", "false", "--stack", "prod"]);
    await expectRefused(
      () => checkout.pulumi(["up", "--yes", "--skip-preview", "--stack", "prod"], STAND_IN),
      /SETTING_INVALID: .*"v7:requireApproval": found false, and a database that is protected/,
    );
    checkout.pulumi(["config", "rm", "v7:requireApproval", "--stack", "prod"]);
  });

  it("is refused to the stand-in plugin, approved or not", async () => {
    approve("apply");
    await expectRefused(() => up({}), /STAND_IN_REFUSED/);
  });

  it("is carried out with The Architect's approval, once", () => {
    const first = up();
    expect(first.output).toContain("13 steps committed in one transaction");
    expect(first.code).toBe(0);
    const second = up();
    expect(second.output).toMatch(/Resources:\s+\d+ unchanged/);
    expect(second.code).toBe(0);
  });

  it("keeps all that stands when somebody destroys without an approval, with whatever flags", async () => {
    await expectRefused(() => destroy(), /CatalogCheck::catalog" cannot be deleted/);
    await expectRefused(() => destroy(["--ignore-protect"]), /APPROVAL_/);
    await expectRefused(() => destroy(["--ignore-protect", "--continue-on-error"]), /APPROVAL_/);
    const target = ["--target", "**MigrationRunner::directive", "--target-dependents"];
    await expectRefused(() => destroy(["--ignore-protect", ...target]), /APPROVAL_/);
  });

  it("is refused where a login was added after the approval", async () => {
    const verifier = checkout.v7(["verifier"]).output;
    expect(verifier).toContain("COMMAND_INVALID");
    const login = {
      name: "mallory",
      role: "v7_architect",
      password: "SCRAM-SHA-256$4096:c2FsdA==$a2V5:a2V5",
    };
    checkout.pulumi([
      "config",
      "set",
      "--secret",
      "v7:logins",
      JSON.stringify([login]),
      "--stack",
      "prod",
    ]);
    await expectRefused(() => up(), /APPROVAL_/);
    checkout.pulumi(["config", "rm", "v7:logins", "--stack", "prod"]);
  });

  it("trusts The Architect's new key once the old one has signed for it, and the old one no longer", async () => {
    const newKey = join(checkout.folder, "..", "new_key");
    const signers = join(checkout.folder, "..", "new_signers");
    makeSigner(newKey, signers);
    const trust = ["trust", "--stack", "prod", "--signers", signers];
    await expectRefused(() => checkout.v7(trust), /APPROVAL_/);
    approve("trust", ["--signers", signers]);
    expect(checkout.v7(trust).output).toMatch(/^changed; history [0-9a-f]{16}/);
    expect(checkout.v7(trust).output).toMatch(/^nothing to change/);
    approve("rollback");
    await expectRefused(() => destroy(["--ignore-protect"]), /APPROVAL_UNTRUSTED/);
    key = newKey;
    // It records the history's new head, and needs no approval.
    expect(up().code).toBe(0);
  });

  it("is rolled back with an approval of its own, and remembers both", async () => {
    approve("rollback");
    await expectRefused(() => destroy(), /CatalogCheck::catalog" cannot be deleted/);
    const unprotected = checkout.pulumi([
      "state",
      "unprotect",
      "--all",
      "--yes",
      "--stack",
      "prod",
    ]);
    expect(unprotected.code).toBe(0);
    const { code, output } = destroy();
    expect(output).toMatch(/\d+ deleted/);
    expect(code).toBe(0);
    const { rows } = await admin.query<{ action: string; count: number }>(
      "SELECT action, count(*)::int AS count FROM v7_control.history GROUP BY 1 ORDER BY 1",
    );
    expect(rows).toStrictEqual([
      { action: "apply", count: 14 },
      { action: "rollback", count: 12 },
      { action: "trust", count: 1 },
    ]);
  });

  it("refuses the used approval when it comes again", async () => {
    await expectRefused(() => up(), /APPROVAL_/);
  });
});
