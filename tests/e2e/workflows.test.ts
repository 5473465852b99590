import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { stackNameOf } from "../../cli/branch/name";
import { scramVerifier } from "../../runner/embedded/server/scram";
import { makeCheckout, type Checkout } from "../support/checkout";
import { startTestServer, type TestDatabase, type TestServer } from "../support/postgres";
import { runJob, type JobRun } from "../support/workflow";

/** The stand-in refuses protected databases; this switch exists for these tests, and its warning says so. */
const STAND_IN = { V7_STAND_IN_ON_PROTECTED: "tests-only" };
const PASSPHRASE = "the runner's own";
const READ_ONLY = { name: "v7_preview", password: "may-only-read-7f3a" };
const APPROVALS = join("sql", "ad_005", "approvals");

let checkout: Checkout;
let server: TestServer;
let database: TestDatabase;
let admin: Client;
let shared: Record<string, string>;
let key: string;

const login = (name: string, role: string, password: string): Record<string, string> => ({
  name,
  role,
  password: scramVerifier(password),
});
const READER = login(READ_ONLY.name, "v7_ci", READ_ONLY.password);
const ALICE = login("alice", "v7_agent", "alice's own");

beforeAll(async () => {
  [checkout, server] = await Promise.all([makeCheckout(), startTestServer({ major: 17 })]);
  database = await server.createDatabase({ shape: "supabase" });
  admin = await database.connect(server.superuser, server.superuserPassword);
  shared = {
    V7_BACKEND_URL: `file://${join(checkout.folder, "..")}`,
    PULUMI_BACKEND_URL: `file://${join(checkout.folder, "..")}`,
    PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
  };
  for (const args of [
    ["stack", "init", "prod"],
    ["config", "set", "v7:host", database.host, "--stack", "prod"],
    ["config", "set", "v7:port", String(database.port), "--stack", "prod"],
    ["config", "set", "v7:databaseName", database.name, "--stack", "prod"],
    ["config", "set", "v7:user", database.owner, "--stack", "prod"],
    ["config", "set", "v7:sslMode", "disable", "--stack", "prod"],
    ["config", "rm", "v7:caCertificate", "--stack", "prod"],
    ["config", "set", "--secret", "v7:password", database.ownerPassword, "--stack", "prod"],
  ]) {
    configure(args);
  }
  setLogins([READER]);
  key = trustArchitect();
});

afterAll(async () => {
  checkout.remove();
  await server.stop();
});

function configure(args: readonly string[]): void {
  const { code, output } = checkout.pulumi(args, shared);
  if (code !== 0) {
    throw new Error(output);
  }
}

function setLogins(logins: readonly Record<string, string>[]): void {
  const value = JSON.stringify(logins);
  configure(["config", "set", "--secret", "v7:logins", value, "--stack", "prod"]);
}

function deploy(): JobRun {
  const { V7_BACKEND_URL: backend = "" } = shared;
  const context = {
    "secrets.V7_BACKEND_URL": backend,
    "secrets.PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
  };
  return runJob(checkout.folder, "deploy", "deploy", context, STAND_IN);
}

/** The Architect's key, and its public half in the repository. */
function trustArchitect(): string {
  const file = join(checkout.folder, "..", "architect");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file]);
  const [type = "", value = ""] = readFileSync(`${file}.pub`, "utf8").split(" ");
  writeFileSync(
    join(checkout.folder, APPROVALS, "allowed_signers"),
    `architect namespaces="v7-approval" ${type} ${value}\n`,
  );
  return file;
}

async function countTables(): Promise<unknown> {
  const { rows } = await admin.query(
    "SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'v7\\_%'",
  );
  return rows[0];
}

// One story, told in order.
describe("the job deploy", () => {
  it("refuses to run without a shared state", () => {
    const { succeeded, outputs } = runJob(checkout.folder, "deploy", "deploy", {}, STAND_IN);
    expect(outputs["plan, and whether it is approved"]).toContain(
      "::error title=No shared state::",
    );
    expect(Object.keys(outputs)).not.toContain("up");
    expect(succeeded).toBe(false);
  });

  it("saves the plan and stops before `pulumi up` when nobody has signed it", async () => {
    const { succeeded, outputs } = deploy();
    expect(outputs["plan, and whether it is approved"]).toMatch(
      /plan digest [0-9a-f]{64}[^]*0 of 1 needed, at/,
    );
    expect(Object.keys(outputs)).not.toContain("up");
    expect(succeeded).toBe(false);
    expect(existsSync(join(checkout.folder, "deploy", "plan.json"))).toBe(true);
    expect(await countTables()).toStrictEqual({ tables: 0 });
  });

  it("runs the signed plan, finds no drift, and shows the status", async () => {
    const signing = ["--key", key, "--signer", "architect", "--yes"];
    expect(checkout.v7(["approve", "--plan", "deploy/plan.json", ...signing]).code).toBe(0);
    const { succeeded, outputs, summary } = deploy();
    expect(outputs["up"]).toContain("13 steps committed in one transaction");
    expect(outputs["verify"]).toContain("History (14 rows, chain verified, each row proven)");
    expect(summary).toMatch(/drift +none/);
    expect(succeeded).toBe(true);
    expect(readdirSync(join(checkout.folder, "deploy")).sort()).toStrictEqual([
      "approvals.txt",
      "plan.html",
      "plan.json",
      "plan.md",
      "plan.txt",
      "refresh.txt",
      "status.txt",
      "up.txt",
    ]);
    expect(await countTables()).toStrictEqual({ tables: 5 });
  });
});

describe("the job plan of the workflow preview", () => {
  let other: Checkout;
  beforeAll(async () => {
    other = await makeCheckout();
  });
  afterAll(() => {
    other.remove();
  });

  /** As on a runner: the branch's files, and a login that may only read. */
  function preview(more: Record<string, string>): JobRun {
    copyFileSync(join(checkout.folder, "Pulumi.prod.yaml"), join(other.folder, "Pulumi.prod.yaml"));
    cpSync(join(checkout.folder, APPROVALS), join(other.folder, APPROVALS), { recursive: true });
    const context = {
      "vars.V7_PREVIEW_USER": READ_ONLY.name,
      "secrets.V7_PREVIEW_PASSWORD": READ_ONLY.password,
      "github.event.pull_request.head.sha": "0123456789abcdef",
      ...more,
    };
    return runJob(other.folder, "preview", "plan", context, STAND_IN);
  }

  it("says which secret is missing when it cannot read the logins that the digest covers", () => {
    const { succeeded, outputs, summary } = preview({});
    expect(outputs["log in as the login that may only read"]).toContain(
      "::error title=No preview of prod::The environment preview lacks the secret V7_LOGINS",
    );
    expect(summary).toContain("There is no plan: see below.");
    expect(succeeded).toBe(false);
  });

  it("names the same digest as the owner's plan, and shows the preview", () => {
    setLogins([READER, ALICE]);
    // The digest covers names and roles: no verifier has to leave the stack's own settings.
    const logins = JSON.stringify([
      login(READ_ONLY.name, "v7_ci", "nobody's"),
      login("alice", "v7_agent", "nobody's"),
    ]);
    const { succeeded, outputs, summary } = preview({ "secrets.V7_LOGINS": logins });
    const owners = checkout.v7(["plan", "--stack", "prod"], shared).output;
    const [, digest = ""] = /plan digest ([0-9a-f]{64})/.exec(owners) ?? [];
    expect(digest).not.toBe("");
    expect(outputs["plan"]).toContain(`plan digest ${digest}`);
    expect(summary.split("\n")[0]).toBe("<!-- v7 preview of prod -->");
    expect(summary).toContain(`Merged, this needs an approval of the plan **\`${digest}\`**.`);
    expect(outputs["preview"]).toMatch(/Policies:\s+.*v7@/);
    expect(JSON.stringify(outputs) + summary).not.toContain(READ_ONLY.password);
    expect(succeeded).toBe(true);
  });
});

describe("the job embedded of the workflow branch", () => {
  it("creates a database for the branch, verifies it, and leaves nothing behind", () => {
    // The name contains a command that no shell may run.
    const name = "feature/ünï-$(id)";
    const stack = stackNameOf(name);
    const branch = { GITHUB_HEAD_REF: name };
    const { succeeded, outputs, summary } = runJob(
      checkout.folder,
      "branch",
      "embedded",
      {},
      branch,
    );
    expect(outputs["up"]).toContain("13 steps committed in one transaction");
    expect(outputs["verify"]).toMatch(/Resources:\s+\d+ unchanged/);
    expect(outputs["verify"]).toContain("no drift");
    expect(summary).toMatch(/^Database: `postgresql:\/\/postgres@127\.0\.0\.1:\d+\/\S*`$/m);
    expect(summary).toContain(`Stack ${stack}: PostgreSQL`);
    expect(JSON.stringify(outputs)).not.toMatch(/postgresql:\/\/[^@\s]*:[^@\s]*@/);
    expect(outputs["down"]).toContain(`stack ${stack} is gone`);
    expect(succeeded).toBe(true);
    expect(existsSync(join(checkout.folder, `Pulumi.${stack}.yaml`))).toBe(false);
    expect(readdirSync(join(checkout.folder, ".v7", "stacks"))).toStrictEqual([]);
  });
});
