import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Ajv from "ajv";
import type { Client } from "pg";
import type { DriftReport } from "../../../runner/drift/report";
import { addressFlags } from "../../support/addressFlags";
import { carriedOut } from "../../support/drift";
import { listen } from "../../support/listening";
import { serverOfFile, type TestDatabase } from "../../support/postgres";
import { ROOT, textOf } from "../../support/repository";

// Each command is a process of its own, compiled as it starts.
jest.setTimeout(120_000);

const server = serverOfFile({ major: 17 });
let database: TestDatabase;
let owner: Client;
let superuser: Client;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "v7-drift-"));
  ({ database } = await carriedOut(server()));
  owner = await database.connect();
  superuser = await database.connect(server().superuser);
  await superuser.query(`
    CREATE ROLE watcher LOGIN PASSWORD 'w@tcher/:'; GRANT v7_ci TO watcher; CREATE ROLE stranger LOGIN PASSWORD 'stranger'`);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `npx v7 drift --stack prod`, whose file has no secret: flags give the address, this environment the login. */
async function drift(
  args: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<Result> {
  return await driftOf([...addressFlags(server(), database.name), ...args], {
    PGUSER: "watcher",
    PGPASSWORD: "w@tcher/:",
    ...environment,
  });
}

/** The same with these flags and variables alone. */
async function driftOf(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Result> {
  const child = spawn(
    process.execPath,
    [join(ROOT, "cli", "v7.cjs"), "drift", "--stack", "prod", ...args],
    { cwd: folder, env: { PATH: join(folder, "nothing"), HOME: folder, ...environment } },
  );
  let out = "";
  let err = "";
  child.stdout.on("data", (data: Buffer) => (out += data.toString()));
  child.stderr.on("data", (data: Buffer) => (err += data.toString()));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, out, err };
}

/** The login `watcher` was made by hand: no setting names it, and that is drift. */
const BY_HAND = "role v7_ci";

async function changed<T>(sql: string, back: string, use: () => Promise<T>): Promise<T> {
  await owner.query(sql);
  try {
    return await use();
  } finally {
    await owner.query(back);
  }
}

describe("v7 drift", () => {
  it("needs only a member of v7_ci and the repository, and ends with 2 when it finds drift", async () => {
    const { code, out, err } = await drift();
    expect(err).toBe("");
    expect(out).toContain("drift: 1 difference (1 critical)");
    expect(out).toContain(`CRITICAL  changed: ${BY_HAND}`);
    expect(out).toContain("members: expected nothing, found watcher");
    expect(out).toContain('REVOKE "v7_ci" FROM "watcher" GRANTED BY "supabase_admin";');
    expect(code).toBe(2);
  });

  it("says who can have caused a difference and what repairs it", async () => {
    const { out } = await changed(
      "DROP INDEX idx_test_results_status; GRANT SELECT ON v7_test_results TO anon",
      "CREATE INDEX idx_test_results_status ON v7_test_results (test_status); REVOKE SELECT ON v7_test_results FROM anon",
      () => drift(),
    );
    expect(out).toContain("MEDIUM  missing: index public.idx_test_results_status");
    expect(out).toContain("anon: expected nothing, found SELECT");
    expect(out).toContain("possible authors: granted by postgres; the owner postgres");
    expect(out).toContain("CREATE INDEX idx_test_results_status ON v7_test_results(test_status);");
  });

  it("accepts a URL whose password has any characters", async () => {
    const url = `postgresql://watcher:${encodeURIComponent("w@tcher/:")}@${server().host}:${String(server().port)}/${database.name}?sslmode=disable`;
    const { code } = await driftOf(["--url-from", "DATABASE_URL"], { DATABASE_URL: url });
    expect(code).toBe(2);
  });

  it("prints JSON that matches its published schema", async () => {
    const { out } = await changed(
      "ALTER TABLE v7_test_results ADD COLUMN more text, ALTER COLUMN notes SET DEFAULT 'x'",
      "ALTER TABLE v7_test_results DROP COLUMN more, ALTER COLUMN notes DROP DEFAULT",
      () => drift(["--json"]),
    );
    const report = JSON.parse(out) as DriftReport;
    const validate = new Ajv({ allErrors: true }).compile(
      JSON.parse(textOf("docs/schemas/drift.schema.json")) as object,
    );
    expect({ valid: validate(report), errors: validate.errors }).toStrictEqual({
      valid: true,
      errors: null,
    });
    expect(report.findings.map(({ object }) => object).sort()).toStrictEqual([
      "column public.v7_test_results.more",
      "column public.v7_test_results.notes",
      BY_HAND,
    ]);
    expect(validate({ ...report, findings: [{ object: 1 }] })).toBe(false);
    expect(validate({ ...report, drift: undefined })).toBe(false);
  });

  it.each([[[]], [["--json"]], [["--sarif"]], [["--html"]], [["--markdown"]]])(
    "shows no password that somebody wrote into an object: %j",
    async (form) => {
      const { out, code } = await changed(
        "ALTER TABLE v7_test_results ALTER COLUMN notes SET DEFAULT 'host=h password=hunter2'",
        "ALTER TABLE v7_test_results ALTER COLUMN notes DROP DEFAULT",
        () => drift(form),
      );
      expect(code).toBe(2);
      expect(out).toContain("password=[secret]");
      expect(out).not.toContain("hunter2");
    },
  );

  it("writes SARIF and HTML into files, and prints the text as well", async () => {
    const name = 'a<b>"&c';
    const { out } = await changed(
      `ALTER TABLE v7_test_results ADD COLUMN "${name.replaceAll('"', '""')}" text`,
      `ALTER TABLE v7_test_results DROP COLUMN "${name.replaceAll('"', '""')}"`,
      () => drift(["--sarif", join(folder, "d.sarif"), "--html", join(folder, "d.html")]),
    );
    expect(out).toContain(`unexpected: column public.v7_test_results.${name}`);
    const sarif = JSON.parse(readFileSync(join(folder, "d.sarif"), "utf8")) as {
      version: string;
      runs: {
        results: {
          ruleId: string;
          level: string;
          ruleIndex: number;
          locations: {
            physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } };
          }[];
        }[];
        tool: { driver: { rules: { id: string }[] } };
      }[];
    };
    expect(sarif.version).toBe("2.1.0");
    expect(sarifErrors(sarif)).toEqual([]);
    expect(sarifErrors({ ...sarif, runs: [{}] })).not.toEqual([]);
    const [run] = sarif.runs;
    expect(run?.results.map(({ ruleId, level }) => [ruleId, level])).toStrictEqual([
      ["drift/role-changed", "error"],
      ["drift/column-unexpected", "warning"],
    ]);
    const places = run?.results.map(({ locations: [at] }) => [
      at?.physicalLocation.artifactLocation.uri,
      textOf(at?.physicalLocation.artifactLocation.uri ?? "")
        .split("\n")
        .at((at?.physicalLocation.region.startLine ?? 0) - 1),
    ]);
    expect(places).toStrictEqual([
      ["sql/ad_005/access.yaml", textOf("sql/ad_005/access.yaml").split("\n")[0]],
      ["sql/ad_005/directive.sql", expect.stringMatching(/^CREATE TABLE.* v7_test_results/)],
    ]);
    expect(
      run?.results.map(({ ruleId, ruleIndex }) => run.tool.driver.rules[ruleIndex]?.id === ruleId),
    ).toStrictEqual([true, true]);
    const html = readFileSync(join(folder, "d.html"), "utf8");
    expect(html.replaceAll("<wbr />", "")).toContain(
      "<code>column public.v7_test_results.a&lt;b&gt;&quot;&amp;c</code>",
    );
    expect(html).not.toMatch(/<script|src=|href="(?!#)|https?:|@import|url\(/);
  });

  it("ends with 0 when there is no drift", async () => {
    await superuser.query("REVOKE v7_ci FROM watcher");
    const calm = await drift([], { PGUSER: "postgres", PGPASSWORD: "postgres" });
    await superuser.query("GRANT v7_ci TO watcher");
    expect(calm).toMatchObject({ code: 0, err: "" });
    expect(calm.out).toMatch(/: no drift\n$/);
  });

  it("reports a missing row of the history when it is given the head of an earlier report", async () => {
    const { historyHead } = JSON.parse((await drift(["--json"])).out) as DriftReport;
    expect((await drift(["--history-head", historyHead ?? ""])).out).toContain("1 difference");
    const { out } = await drift(["--history-head", "0123456789abcdef".repeat(4)]);
    expect(out).toContain("CRITICAL  missing: history row 0123456789abcdef");
  });
});

/** What the official JSON schema of SARIF 2.1.0 has against it. */
function sarifErrors(report: unknown): readonly string[] {
  const read = (module: string): object =>
    JSON.parse(readFileSync(require.resolve(module), "utf8")) as object;
  const ajv = new Ajv({ schemaId: "auto", allErrors: true });
  ajv.addMetaSchema(read("ajv/lib/refs/json-schema-draft-04.json"));
  const validate = ajv.compile(read("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"));
  validate(report);
  return (validate.errors ?? []).map(({ dataPath, message = "" }) => `${dataPath} ${message}`);
}

describe("v7 drift ends with 1 and no report", () => {
  const unknown = async (
    environment: Readonly<Record<string, string>>,
    args: readonly string[] = [],
  ): Promise<string> => {
    const { code, out, err } = await drift(args, environment);
    expect({ code, out }).toStrictEqual({ code: 1, out: "" });
    expect(err).not.toMatch(/^\s+at /m);
    expect(err).not.toContain("w@tcher");
    return err;
  };

  it("when the server is down", async () => {
    expect(await unknown({}, ["--port", "1"])).toMatch(
      /^SERVER_UNREACHABLE: .*ECONNREFUSED.*check v7:host/,
    );
  });

  it("when the password is wrong", async () => {
    expect(await unknown({ PGPASSWORD: "wrong" })).toMatch(
      /^SERVER_REFUSED: .*SQLSTATE 28P01.*Check v7:user and v7:password/,
    );
  });

  it("when the database does not exist", async () => {
    expect(await unknown({}, ["--database", "nowhere"])).toMatch(/^SERVER_REFUSED: .*3D000/);
  });

  it("when the login may not read the history", async () => {
    expect(await unknown({ PGUSER: "stranger", PGPASSWORD: "stranger" })).toMatch(
      /^DRIFT_UNKNOWN: .*permission denied for schema v7_control \(SQLSTATE 42501\).*GRANT "v7_ci" TO "stranger"/,
    );
  });

  it("when somebody holds a lock that it needs, and names that session", async () => {
    await owner.query("BEGIN; LOCK TABLE v7_control.history");
    const err = await unknown({}, ["--timeout", "8"]);
    await owner.query("ROLLBACK");
    expect(err).toMatch(
      /^LOCK_TIMEOUT: .*found pid \d+ \(postgres\) holds ACCESS EXCLUSIVE on v7_control\.history/,
    );
  });

  it("when something answers that is not PostgreSQL", async () => {
    const { port, stop } = await listen(() => undefined);
    const err = await unknown({}, ["--port", String(port), "--timeout", "2"]);
    await stop();
    expect(err).toMatch(/^(SERVER_UNREACHABLE|DRIFT_UNKNOWN): /);
  });

  it.each([
    ["no password", { PGPASSWORD: "" }, [], /^SETTING_MISSING: .*no password.*PGPASSWORD/],
    ["no login", { PGUSER: "" }, [], /^SETTING_MISSING: .*no login.*PGUSER/],
    [
      "an invalid URL",
      { ITS_URL: "host=x" },
      ["--url-from", "ITS_URL"],
      /^SETTING_INVALID: reading ITS_URL: found another form/,
    ],
    [
      "no certificate for verify-full",
      {},
      ["--ssl-mode", "verify-full"],
      /^SETTING_INVALID: .*v7:caCertificate/,
    ],
  ] as const)("when there is %s", async (_what, environment, args, message) => {
    expect(await unknown(environment, args)).toMatch(message);
  });

  it("when only the environment gives the address, and no flag does", async () => {
    const url = `postgresql://watcher:w%40tcher%2F%3A@${server().host}:${String(server().port)}/${database.name}`;
    const { code, out, err } = await driftOf([], { DATABASE_URL: url, PGHOST: server().host });
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/^SETTING_INVALID: .*found DATABASE_URL, PGHOST in the environment/);
  });

  it("when the stack has no file", async () => {
    const { code, err } = await drift(["--stack", "nobody"]);
    expect(code).toBe(1);
    expect(err).toMatch(/^STACK_MISSING: .*no file Pulumi.nobody.yaml/);
  });
});
