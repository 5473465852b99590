import { failings, type Readiness } from "../../../cli/report/evidence";
import { readinessEvidence } from "../../../cli/report/readinessEvidence";
import { applyRequest, type TestRequest } from "../../support/directive";
import { carriedOut } from "../../support/drift";
import { folderOfTest } from "../../support/folder";
import { serverOfFile } from "../../support/postgres";
import { ROOT } from "../../support/repository";
import { v7 } from "../../support/v7";

const RULES = {
  requireApproval: true,
  requiredApprovals: 1,
  allowedSigners: "sql/ad_005/approvals/allowed_signers",
  projectFolder: ROOT,
};

const server = serverOfFile({ major: 17 });

const evidenceOn = (request: TestRequest): Promise<Readiness> =>
  readinessEvidence(Promise.resolve({ request, rules: RULES }));

const reasons = ({ evidence, awaited }: Readiness): readonly string[] =>
  failings({ gatheredAt: new Date(), stack: "test", evidence, awaited });

describe("the readiness that the report states", () => {
  it("is a rehearsed plan, and a list of what is awaited: signers' keys and an approval", async () => {
    const request = await applyRequest(await server().createDatabase({ shape: "supabase" }));
    const found = await evidenceOn(request);
    expect(reasons(found)).toEqual([]);
    const [plan = "", rehearsal = ""] = found.evidence.map((one) => one.found[0]);
    const [, digest = "none"] =
      /^PostgreSQL 17\.\d+, plan ([0-9a-f]{64}), \d+ steps$/.exec(plan) ?? [];
    expect(rehearsal).toMatch(
      /^\d+ statements in one transaction of \d+ ms on PostgreSQL 17\.\d+$/,
    );
    expect(found.awaited).toEqual([
      expect.stringContaining("The Architect's public key in sql/ad_005/approvals/allowed_signers"),
      expect.stringContaining(`The Architect's approval of plan ${digest} (`),
    ]);
  });

  it("is denied when the plan has an obstacle", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    await (await database.connect()).query("CREATE TABLE v7_test_results (id integer)");
    const found = await evidenceOn(await applyRequest(database));
    expect(reasons(found)[0]).toMatch(/^not so: the plan has no obstacle .*v7_test_results/);
  });

  it("is confirmed once the plan has run, and is denied after drift", async () => {
    const { database, request } = await carriedOut(server());
    const found = await evidenceOn(request);
    expect(reasons(found)).toEqual([]);
    expect(found.awaited).toEqual([]);
    expect(found.evidence[0]?.found[0]).toMatch(
      /^PostgreSQL 17\.\d+: nothing is pending, and no difference was found$/,
    );
    await (await database.connect()).query("DROP INDEX idx_test_results_status");
    expect(reasons(await evidenceOn(request))).toEqual([
      expect.stringContaining("idx_test_results_status"),
    ]);
  });

  it("is denied when no server answers", async () => {
    const request = await applyRequest(await server().createDatabase({ shape: "supabase" }));
    const nobody = { ...request, connection: { ...request.connection, port: 1 } };
    expect(reasons(await evidenceOn(nobody))[0]).toContain("SERVER_UNREACHABLE");
  });
});

describe("v7 report", () => {
  const folder = folderOfTest();

  /** There is no such stack: the report must say so, and must not confirm everything. */
  const report = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    v7(["report", "--stack", "no-such-stack", ...args], {
      cwd: folder(),
      env: { PATH: process.env["PATH"], HOME: folder(), ...more },
    });

  it("ends with 3, gives each reason and files nothing when something is not so", () => {
    const { status, stdout, stderr } = report(["--file", "--send", "--dartboard", "J"], {
      DART_TOKEN: "dsa_a-secret",
      // Nothing listens there: a request would be a fault, and exit code 1.
      DART_API_BASE_URL: "http://127.0.0.1:1",
    });
    expect(stderr).toMatch(/^not so: the stack was looked at: (STACK|ENGINE)_MISSING: /m);
    expect(stdout).toMatch(
      /^# COMPLETION OF AD_005: V7 DATABASE INFRASTRUCTURE - \d{4}-\d\d-\d\d\n/,
    );
    expect(stdout).toContain("## The SQL scripts are created and documented: confirmed");
    expect(stdout).toContain(
      "## Ready to execute the SQL scripts upon approval from The Architect: NOT SO",
    );
    expect(stdout).toContain("not filed: the report does not hold");
    expect(`${stdout}${stderr}`).not.toContain("a-secret");
    expect(status).toBe(3);
  });

  it("says before anything else what is missing for filing", () => {
    const { status, stderr } = report(["--send"]);
    expect(stderr).toContain(
      "COMMAND_INVALID: filing the report: found no --file, no DART_TOKEN, no --dartboard",
    );
    expect(status).toBe(1);
  });
});
