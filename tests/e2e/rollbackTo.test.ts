import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Checkout, CommandResult } from "../support/checkout";
import { laterDirective, lockLater } from "../support/laterDirective";
import { makeProtectedStack, type ProtectedStack } from "../support/protectedStack";

let prod: ProtectedStack;
let checkout: Checkout;
let lockFile: string;

beforeAll(async () => {
  prod = await makeProtectedStack();
  ({ checkout } = prod);
  const sql = join(checkout.folder, "sql");
  const steps = [
    {
      what: "a table",
      sql: "CREATE TABLE v7_extra (id integer PRIMARY KEY, note text)",
      inverse: "DROP TABLE v7_extra",
    },
    {
      what: "a column",
      sql: "ALTER TABLE file_audit ADD COLUMN v7_extra text",
      inverse: "ALTER TABLE file_audit DROP COLUMN v7_extra",
    },
  ];
  await laterDirective("", steps, sql);
  await lockLater(sql, 17);
  lockFile = join(sql, "ad_006", "lock.json");
});

afterAll(async () => {
  await prod.remove();
});

const up = (stack: string): CommandResult =>
  stack === "prod"
    ? prod.run("up", ["--policy-pack", "policy"])
    : checkout.pulumi(["up", "--yes", "--skip-preview", "--stack", stack]);

const rollbackTo = (to: string, stack = "dev"): CommandResult =>
  checkout.v7(["rollback", "--to", to, "--stack", stack]);

/** What one query gives on the stack dev, as psql prints it. */
const ask = (sql: string): string => checkout.v7(["psql", "-c", sql]).output;

/** Whether objects of ad_006 (later) and of ad_005 (earlier) exist. */
const THERE =
  "SELECT to_regclass('v7_extra') IS NOT NULL AS later, count(*) > 0 AS earlier FROM v7_subworkflow_tasks";

// One story, told in order.
describe("npx v7 rollback --to on a stack of two directives", () => {
  it("begins with both directives applied", () => {
    checkout.pulumi(["stack", "init", "dev"]);
    const { code, output } = up("dev");
    expect(output).toContain("15 steps committed in one transaction");
    expect(code).toBe(0);
    ask("INSERT INTO v7_extra VALUES (1, 'a'), (2, NULL)");
  });

  it.each([
    ["a directive that does not exist", "ad_007"],
    ["the newest directive", "ad_006"],
    ["an empty name", ""],
  ])("refuses %s with one message", (_, to) => {
    const { code, output } = rollbackTo(to);
    expect(output.trim().split("\n")).toStrictEqual([
      `COMMAND_INVALID: looking for the directive to which to roll back: found "${to}", expected a directive of sql/ that is not the last one: ad_005. Name one of these, or leave --to out to roll back all directives.`,
    ]);
    expect(code).toBe(1);
    expect(ask(THERE)).toMatch(/t\s*\|\s*t/);
  });

  it("rolls back the later directive, and says what it archived", () => {
    const { code, output } = rollbackTo("ad_005");
    expect(output.match(/^\$ .*$/gm)).toEqual([
      "$ npx v7 plan --stack dev --action rollback --to ad_005 --no-packet --no-rehearsal",
    ]);
    expect(output).toMatch(/^taken back: section_2, section_1$/m);
    expect(output).toMatch(
      /^archived: 2 rows of public\.v7_extra in v7_archive\.v7_extra_\d{8}t\d{6}_[0-9a-f]{8}$/m,
    );
    expect(output).toContain("The next pulumi up brings these steps again");
    expect(code).toBe(0);
    expect(ask(THERE)).toMatch(/f\s*\|\s*t/);
    expect(checkout.v7(["drift"]).code).toBe(0);
  });

  it("does nothing a second time", () => {
    const { code, output } = rollbackTo("ad_005");
    expect(output).toContain("nothing to run: the action rollback finds nothing to do");
    expect(code).toBe(0);
  });

  it("is followed by a plan that ends with 3 and names the difference when the lock is wrong", () => {
    const lock = readFileSync(lockFile, "utf8");
    const wrong = lock.replace('"type":"text"', '"type":"integer"');
    expect(wrong).not.toBe(lock);
    writeFileSync(lockFile, wrong);
    const refused = checkout.v7(["plan", "--no-packet"]);
    writeFileSync(lockFile, lock);
    expect(refused.output).toMatch(
      /the result is not as expected\n {2}not as expected: changed: column public\.\S+ \(type: integer -> text\)/,
    );
    expect(refused.code).toBe(3);
  });

  it("is followed by an up that applies the directive again", () => {
    const { code, output } = up("dev");
    expect(output).toContain("2 steps committed in one transaction");
    expect(code).toBe(0);
    expect(ask(THERE)).toMatch(/t\s*\|\s*t/);
  });

  it("needs an approval of exactly that plan on a protected database", async () => {
    prod.approve("apply");
    expect(up("prod").code).toBe(0);
    prod.approve("rollback");
    const refused = rollbackTo("ad_005", "prod");
    expect(refused.output).toMatch(/APPROVAL_\w+: running a plan on a protected database/);
    expect(refused.output).toMatch(/^the packet: .*\.html$/m);
    expect(refused.output).toMatch(
      /^Nothing was changed\. Once the plan is signed, run this again\.$/m,
    );
    expect(refused.code).toBe(3);
    prod.approve("rollback", ["--to", "ad_005"]);
    const { code, output } = rollbackTo("ad_005", "prod");
    expect(output).toMatch(/^taken back: section_2, section_1$/m);
    expect(code).toBe(0);
    const { rows } = await prod.admin.query(
      "SELECT directive, step_id FROM v7_control.history WHERE action = 'rollback' ORDER BY position",
    );
    expect(rows).toStrictEqual([
      { directive: "ad_006", step_id: "section_2" },
      { directive: "ad_006", step_id: "section_1" },
    ]);
    const { owner, ownerPassword } = prod.database;
    const login = { PGUSER: owner, PGPASSWORD: ownerPassword };
    expect(checkout.v7(["drift", "--stack", "prod"], login).code).toBe(0);
  });

  it("is followed by an up that needs another approval on a protected database", () => {
    expect(up("prod").output).toMatch(/APPROVAL_/);
    prod.approve("apply");
    const { code, output } = up("prod");
    expect(output).toContain("2 steps committed in one transaction");
    expect(code).toBe(0);
  });
});
