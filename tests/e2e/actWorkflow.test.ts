import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  makeProtectedStack,
  makeSigner,
  STAND_IN,
  type ProtectedStack,
} from "../support/protectedStack";
import { runJob, type Context, type JobRun } from "../support/workflow";

const ARCHITECT = "architect";

let stack: ProtectedStack;
let signers: string;

beforeAll(async () => {
  stack = await makeProtectedStack();
  signers = join(stack.checkout.folder, "sql", "ad_005", "approvals", "allowed_signers");
  carryOut();
});

afterAll(async () => {
  await stack.remove();
});

function carryOut(): void {
  stack.approve("apply");
  const { code, output } = stack.run("up");
  expect(code === 0 ? "" : output).toBe("");
}

/** Runs the job as GitHub would, on a new runner, with the state of the checkout as the shared one. */
function act(action: string, more: Context = {}): JobRun {
  rmSync(join(stack.checkout.folder, "act"), { recursive: true, force: true });
  const state = join(stack.checkout.folder, ".v7", "state").replaceAll(" ", "%20");
  const context = {
    "inputs.action": action,
    "secrets.V7_BACKEND_URL": `file://${state}`,
    "secrets.PULUMI_CONFIG_PASSPHRASE": "v7-dev",
    ...more,
  };
  return runJob(stack.checkout.folder, "act", "act", context, STAND_IN);
}

/** Runs the job without an approval, signs the plan that it keeps, and runs it again. */
function actOnceSigned(action: string, key = stack.key, signer = ARCHITECT): JobRun {
  const unsigned = act(action);
  expect(unsigned.outputs["act"]).toContain("::error title=Not approved::");
  expect(unsigned.succeeded).toBe(false);
  const signing = ["--key", key, "--signer", signer, "--yes"];
  const { code, output } = stack.checkout.v7(["approve", "--plan", "act/plan.json", ...signing]);
  expect(code === 0 ? "" : output).toBe("");
  const signed = act(action);
  expect(signed.succeeded ? "" : signed.outputs["act"]).toBe("");
  return signed;
}

async function count(table: string): Promise<unknown> {
  const { rows } = await stack.admin.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM ${table}`,
  );
  return rows[0]?.count;
}

const OWN_TABLES = "pg_tables WHERE schemaname = 'public' AND tablename LIKE 'v7\\_%'";

// One story, told in order.
describe("the job act", () => {
  it("refuses to run without a shared state, and says when an action has nothing to do", () => {
    const none = act("trust", { "secrets.V7_BACKEND_URL": "" });
    expect(none.outputs["act"]).toContain("::error title=No shared state::");
    expect(none.succeeded).toBe(false);
    const { succeeded, outputs } = act("trust");
    expect(outputs["act"]).toContain("::notice title=Nothing to do::trust");
    expect(succeeded).toBe(true);
    expect(act("restore").outputs["act"]).toContain("found no archive at all");
  });

  it("writes the plan and its packet when nobody has signed, and changes nothing", async () => {
    const { succeeded, outputs } = act("rollback");
    expect(outputs["act"]).toMatch(/plan digest [0-9a-f]{64}[^]*::error title=Not approved::/);
    expect(succeeded).toBe(false);
    expect(readdirSync(join(stack.checkout.folder, "act")).sort()).toStrictEqual([
      "approvals.txt",
      "plan.html",
      "plan.json",
      "plan.md",
      "plan.txt",
    ]);
    expect(await count(OWN_TABLES)).toBe(5);
  });

  it("runs a repair and a rollback that are signed", async () => {
    await stack.admin.query("DROP INDEX idx_test_results_status");
    expect(actOnceSigned("repair").outputs["act"]).toMatch(/idx_test_results_status/);
    await stack.admin.query(
      "INSERT INTO v7_test_results (test_type, component_tested, test_status) SELECT 'unit', n::text, 'pass' FROM generate_series(1, 40) n",
    );
    const { outputs, summary } = actOnceSigned("rollback");
    expect(outputs["act"]).toContain("v7_archive");
    expect(summary).toMatch(/^Stack prod: /m);
    expect(await count(OWN_TABLES)).toBe(0);
  });

  it("restores the rows that the rollback archived, once the restore is signed", async () => {
    carryOut();
    expect(await count("v7_test_results")).toBe(0);
    const { outputs, summary } = actOnceSigned("restore");
    expect(outputs["act"]).toMatch(/public\.v7_test_results +40/);
    expect(outputs["act"]).toContain("every row proved equal to the archive, which stays");
    expect(summary).toMatch(/drift +none/);
    expect(await count("v7_test_results")).toBe(40);
    expect(act("restore").outputs["act"]).toContain("::notice title=Nothing to do::restore");
  });

  it("trusts an added key and stops trusting a removed one, once a trusted signer approves it", () => {
    const own = readFileSync(signers, "utf8");
    const other = join(stack.checkout.folder, "..", "other");
    makeSigner(other, signers);
    const others = readFileSync(signers, "utf8").replace(ARCHITECT, "other");
    writeFileSync(signers, own + others);
    const added = actOnceSigned("trust");
    expect(added.outputs["act"]).toContain("changed; history ");
    expect(added.summary).toMatch(/drift +none/);
    writeFileSync(signers, others);
    expect(actOnceSigned("trust", other, "other").outputs["act"]).toContain("changed; history ");
    act("rollback");
    const signing = ["--key", stack.key, "--signer", ARCHITECT, "--yes"];
    writeFileSync(signers, own);
    expect(stack.checkout.v7(["approve", "--plan", "act/plan.json", ...signing]).code).toBe(0);
    const { succeeded, outputs } = act("rollback");
    expect(outputs["act"]).toMatch(/untrusted[^]*::error title=Not approved::/);
    expect(succeeded).toBe(false);
  });
});
