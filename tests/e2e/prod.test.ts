import { join } from "node:path";
import type { Client } from "pg";
import type { Checkout, CommandResult } from "../support/checkout";
import type { TestDatabase } from "../support/postgres";
import {
  makeProtectedStack,
  makeSigner,
  STAND_IN,
  type ProtectedStack,
} from "../support/protectedStack";

let prod: ProtectedStack;
let checkout: Checkout;
let database: TestDatabase;
let admin: Client;
let key: string;

beforeAll(async () => {
  prod = await makeProtectedStack();
  ({ checkout, database, admin, key } = prod);
});

afterAll(async () => {
  await prod.remove();
});

const up = (environment: Record<string, string> = STAND_IN): CommandResult =>
  checkout.pulumi(
    ["up", "--yes", "--skip-preview", "--stack", "prod", "--policy-pack", "policy"],
    environment,
  );
const destroy = (more: readonly string[] = []): CommandResult => prod.run("destroy", more);

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
    expect(output).toContain("pre-checks: no obstacles");
    expect(output).toMatch(
      /\[advisory\]\s+approval-needed[^]*would stop here with: APPROVAL_REQUIRED: /,
    );
    expect(code).toBe(0);
    expect(await state()).toStrictEqual(before);
  });

  it("refuses an up without an approval before the first resource", async () => {
    await expectRefused(() => up(), /APPROVAL_REQUIRED: running a plan on a protected database/);
    expect(checkout.pulumi(["stack", "export", "--stack", "prod"]).output).not.toContain(
      "MigrationRunner",
    );
  });

  it("refuses an up with requireApproval false and without the policy pack", async () => {
    checkout.pulumi(["config", "set", "v7:requireApproval", "false", "--stack", "prod"]);
    await expectRefused(
      () => prod.run("up"),
      /SETTING_INVALID: .*"v7:requireApproval": found false, although the database is protected/,
    );
    checkout.pulumi(["config", "rm", "v7:requireApproval", "--stack", "prod"]);
  });

  it("refuses the stand-in plugin even with an approval", async () => {
    prod.approve("apply", [], key);
    await expectRefused(() => up({}), /STAND_IN_REFUSED/);
  });

  it("runs the plan that The Architect approved, and a second up changes nothing", () => {
    const first = up();
    expect(first.output).toContain("13 steps committed in one transaction");
    expect(first.code).toBe(0);
    const second = up();
    expect(second.output).toMatch(/Resources:\s+\d+ unchanged/);
    expect(second.code).toBe(0);
  });

  it("refuses a destroy without an approval, whatever flags it has", async () => {
    await expectRefused(() => destroy(), /CatalogCheck::catalog" cannot be deleted/);
    await expectRefused(() => destroy(["--ignore-protect"]), /APPROVAL_/);
    await expectRefused(() => destroy(["--ignore-protect", "--continue-on-error"]), /APPROVAL_/);
    const target = ["--target", "**MigrationRunner::directive", "--target-dependents"];
    await expectRefused(() => destroy(["--ignore-protect", ...target]), /APPROVAL_/);
  });

  it("refuses an up when a login is added after the approval", async () => {
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

  it("trusts a new key once the old key has signed for it, and then refuses the old key", async () => {
    const newKey = join(checkout.folder, "..", "new_key");
    const signers = join(checkout.folder, "..", "new_signers");
    makeSigner(newKey, signers);
    const trust = ["trust", "--stack", "prod", "--signers", signers];
    await expectRefused(() => checkout.v7(trust), /APPROVAL_/);
    prod.approve("trust", ["--signers", signers], key);
    expect(checkout.v7(trust).output).toMatch(/^changed; history [0-9a-f]{16}/);
    expect(checkout.v7(trust).output).toMatch(/^nothing to change/);
    prod.approve("rollback", [], key);
    await expectRefused(() => destroy(["--ignore-protect"]), /APPROVAL_UNTRUSTED/);
    key = newKey;
    // It records the history's new head, and needs no approval.
    expect(up().code).toBe(0);
  });

  it("is rolled back with a separate approval, and its history keeps every action", async () => {
    const rollback = (): CommandResult => checkout.v7(["rollback", "--stack", "prod"], STAND_IN);
    let unsigned = { code: 0, output: "" };
    await expectRefused(
      () => (unsigned = rollback()),
      /APPROVAL_\w+: running a plan on a protected database/,
    );
    expect(unsigned.output).toMatch(/^the packet: .*\.html$/m);
    expect(unsigned.output).toMatch(
      /It will run:\n {2}pulumi state unprotect .*\n {2}pulumi destroy /,
    );
    expect(unsigned.output).toMatch(/^rehearsal: one transaction .* as expected$/m);
    expect(unsigned.code).toBe(3);
    prod.approve("rollback", [], key);
    await expectRefused(() => destroy(), /CatalogCheck::catalog" cannot be deleted/);
    const { code, output } = rollback();
    expect(output.match(/^\$ .*$/gm)).toEqual([
      "$ npx v7 plan --stack prod --action rollback --no-packet --no-rehearsal",
      "$ pulumi state unprotect --all --yes --stack prod",
      "$ pulumi destroy --yes --skip-preview --stack prod --target '**MigrationRunner::directive' --target-dependents",
    ]);
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

  it("refuses an approval that was already used", async () => {
    await expectRefused(() => up(), /APPROVAL_/);
  });
});
