import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeCheckout, type Checkout } from "../support/checkout";
import { queryRows } from "../support/withClient";

/** Where all that Pulumi printed at the last `npm start` is kept. */
const STARTED = join(".v7", "logs", "start-dev.log");

let checkout: Checkout;
/** The stack's port, once it is up: it stays. */
let port = "";

beforeAll(async () => {
  checkout = await makeCheckout();
});

afterAll(() => {
  checkout.remove();
});

/** The URL that a user would give any client. */
function databaseUrl(): string {
  return checkout.v7(["url"]).output.trim().split("\n").at(-1) ?? "";
}

async function query<T extends object>(sql: string): Promise<T[]> {
  return await queryRows<T>(databaseUrl(), sql);
}

/** The process that listens on the stack's port; NaN if there is none. */
function serverPid(): number {
  const listing = execFileSync("ps", ["-eo", "pid,args"], { encoding: "utf8" });
  const line = listing.split("\n").find((one) => one.includes(`--port=${port} `));
  return Number(line?.trim().split(" ")[0] ?? Number.NaN);
}

// One story, told in order: each part begins where the one before it ended.
describe("a dev stack", () => {
  it("is previewed without creating anything", () => {
    checkout.pulumi(["stack", "init", "dev"]);
    const { code, output } = checkout.pulumi(["preview", "--stack", "dev"]);
    expect(output).toContain("the server is not there yet; on it would run:");
    expect(output).toMatch(/section_8 +section +9aa560c27fdcdda5… {2}Views for easy monitoring/);
    expect(code).toBe(0);
    expect(existsSync(join(checkout.folder, ".v7", "stacks"))).toBe(false);
  });

  it("has a default passphrase, which npm start refuses for an external database", () => {
    const settings = readFileSync(join(checkout.folder, "Pulumi.prod.yaml"));
    const { code, output } = checkout.npm("start", ["--stack", "prod"]);
    expect(output).toMatch(
      /^COMMAND_INVALID: making the stack "prod": found v7:database external, and the passphrase v7-dev/m,
    );
    expect(code).toBe(1);
    expect(readFileSync(join(checkout.folder, "Pulumi.prod.yaml"))).toStrictEqual(settings);
  });

  it("starts with npm start, which prints at most twelve lines", () => {
    const { code, output } = checkout.npm("start");
    expect(output).toContain("13 steps committed in one transaction");
    expect(output).toMatch(/^v7: {3}done in .*, \d+ created$/m);
    // A slow machine says every 15 seconds that it is still at work.
    const lines = output.split("\n").filter((line) => !/^$|^v7: {3}\d+ s\b/.test(line));
    expect(lines.length).toBeLessThanOrEqual(12);
    expect(code).toBe(0);
    port = new URL(databaseUrl()).port;
    expect(serverPid()).toBeGreaterThan(0);
  });

  it("is shown in at most 80 columns, and without colours in a pipe", () => {
    const [status = "", ...others] = ["status", "doctor", "drift"].map(
      (verb) => checkout.v7([verb]).output,
    );
    expect(status).toContain("History (14 rows, chain verified)");
    expect(status).toMatch(
      /^ ?\d+ {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}apply +ad_005 section_1 +[0-9a-f]{8}… +\d+ {2}postgres$/m,
    );
    expect(status).toMatch(/drift +none/);
    for (const output of [status, ...others]) {
      expect(output.split("\n").filter((line) => line.length > 80)).toEqual([]);
      expect(output).not.toContain("\u001b");
    }
    expect(checkout.v7(["status"], { FORCE_COLOR: "1" }).output).toContain("\u001b[1mStack dev");
  });

  it("has the directive's five tables, twelve columns, six indexes and view", async () => {
    const [counts] = await query<Record<string, number>>(`
      SELECT (SELECT count(*)::int FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'v7\\_%') AS tables,
             (SELECT count(*)::int FROM information_schema.columns
               WHERE table_name = 'file_audit' AND column_name LIKE 'v7\\_%') AS columns,
             (SELECT count(*)::int FROM pg_indexes WHERE indexname LIKE 'idx\\_%') AS indexes,
             (SELECT count(*)::int FROM pg_views WHERE viewname = 'v7_migration_dashboard') AS views`);
    expect(counts).toStrictEqual({ tables: 5, columns: 12, indexes: 6, views: 1 });
  });

  it("is unchanged by a second npm start, even in a shell with a proxy", () => {
    const proxy = "http://127.0.0.1:9";
    const shell = { http_proxy: proxy, https_proxy: proxy, grpc_proxy: proxy };
    const { code, output } = checkout.npm("start", [], shell);
    expect(output).toMatch(/^v7: {3}done in [^,]*, \d+ unchanged$/m);
    expect(code).toBe(0);
  });

  it("says what to do when the shell has another stack's passphrase", () => {
    const { code, output } = checkout.npm("start", [], { PULUMI_CONFIG_PASSPHRASE: "another" });
    expect(output).toMatch(/incorrect passphrase\nv7: Set PULUMI_CONFIG_PASSPHRASE, .*v7-dev/);
    expect(code).not.toBe(0);
  });

  it("shows no changes at a refresh", () => {
    const { code, output } = checkout.pulumi([
      "refresh",
      "--preview-only",
      "--expect-no-changes",
      "--stack",
      "dev",
    ]);
    expect(output).toMatch(/\d+ unchanged/);
    expect(code).toBe(0);
  });

  it("shows changes made by hand as drift, object by object, and fails the refresh", async () => {
    await query("REVOKE SELECT ON v7_migration_dashboard FROM v7_reader");
    await query("ALTER TABLE v7_test_results ALTER COLUMN notes TYPE varchar(10)");
    const { code, output } = checkout.pulumi([
      "refresh",
      "--preview-only",
      "--expect-no-changes",
      "--stack",
      "dev",
    ]);
    expect(output).toContain(
      "drift: changed: column public.v7_test_results.notes (type: text -> character varying(10))",
    );
    expect(output).toContain("drift: changed: privileges table public.v7_migration_dashboard");
    expect(code).not.toBe(0);
    await query("ALTER TABLE v7_test_results ALTER COLUMN notes TYPE text");
    await query("GRANT SELECT ON v7_migration_dashboard TO v7_reader");
  });

  it("grants a revoked privilege again at a refresh and an up", async () => {
    await query("REVOKE SELECT ON v7_test_results FROM v7_reader");
    expect(checkout.pulumi(["refresh", "--yes", "--stack", "dev"]).code).toBe(0);
    expect(checkout.pulumi(["up", "--yes", "--stack", "dev", "--policy-pack", "policy"]).code).toBe(
      0,
    );
    const rows = await query(
      "SELECT has_table_privilege('v7_reader', 'v7_test_results', 'SELECT') AS granted",
    );
    expect(rows).toStrictEqual([{ granted: true }]);
  });

  it("repairs a dropped index at the next up, and leaves another difference to v7 repair", async () => {
    await query("DROP INDEX idx_test_results_status");
    await query("ALTER TABLE v7_test_results ENABLE ROW LEVEL SECURITY");
    const up = checkout.pulumi(["up", "--yes", "--skip-preview", "--stack", "dev"]);
    expect(up.output).toContain("repaired: missing: index public.idx_test_results_status");
    expect(up.output).toMatch(/DRIFT_FOUND: .*found 1 difference/);
    expect(up.code).not.toBe(0);
    expect(checkout.v7(["status"]).output).toMatch(
      /drift +unknown: the update that began at \S+\s+ended\s+as\s+"failed"/,
    );
    expect(checkout.v7(["drift"])).toMatchObject({ code: 2 });
    expect(checkout.v7(["plan", "--action", "repair"]).output).toContain(
      'ALTER TABLE "public"."v7_test_results" DISABLE ROW LEVEL SECURITY;',
    );
    expect(checkout.v7(["repair"])).toMatchObject({ code: 0 });
    expect(checkout.v7(["drift"]).output).toContain("no drift");
  });

  it("refuses a history whose last rows are deleted, and works again once they are back", async () => {
    await query(
      "ALTER TABLE v7_control.history DISABLE TRIGGER USER; CREATE TABLE kept AS SELECT * FROM v7_control.history; DELETE FROM v7_control.history WHERE step_id = 'access' OR step_kind = 'repair'; ALTER TABLE v7_control.history ENABLE TRIGGER USER",
    );
    const refresh = ["refresh", "--preview-only", "--expect-no-changes", "--stack", "dev"];
    const { code, output } = checkout.pulumi(refresh);
    expect(output).toContain("HISTORY_HEAD_LOST");
    expect(code).not.toBe(0);
    await query(
      "INSERT INTO v7_control.history SELECT * FROM kept WHERE position > (SELECT max(position) FROM v7_control.history); DROP TABLE kept",
    );
    expect(checkout.v7(["drift"])).toMatchObject({ code: 0 });
  });

  it("says at a refresh that the server is down, and starts again with its data", async () => {
    await query(
      "INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona) VALUES (40, 'Database', 'L8')",
    );
    process.kill(serverPid(), "SIGKILL");
    const refreshed = checkout.pulumi(["refresh", "--preview-only", "--stack", "dev"]);
    expect(refreshed.output).toContain("SERVER_UNREACHABLE");
    expect(checkout.npm("start").code).toBe(0);
    expect(checkout.v7(["status"]).output).toMatch(/^ *40 {2}Database/m);
  });

  it("keeps the password out of the state, the log and everything printed", () => {
    const password = decodeURIComponent(new URL(databaseUrl()).password);
    const state = readFileSync(
      join(checkout.folder, ".v7", "state", ".pulumi", "stacks", "v7", "dev.json"),
      "utf8",
    );
    expect(state).not.toContain(password);
    const { output } = checkout.npm("start", ["--verbose"]);
    expect(output).toMatch(/Resources:\s+\d+ unchanged[^]*History \(\d+ rows, chain verified\)/);
    expect(output).not.toContain(password);
    expect(readFileSync(join(checkout.folder, STARTED), "utf8")).not.toContain(password);
    const log = readFileSync(
      join(checkout.folder, ".v7", "stacks", "dev", "data", "..", "server.log"),
      "utf8",
    );
    expect(log).not.toContain(password);
  });

  it.each([
    [
      "a misspelt setting",
      ["config", "set", "v7:postgresMajr", "16"],
      ["config", "rm", "v7:postgresMajr"],
      /SETTING_UNKNOWN: .*"v7:postgresMajr", expected "v7:postgresMajor"/,
    ],
    [
      "a bad value",
      ["config", "set", "v7:lockTimeoutSeconds", "soon"],
      ["config", "rm", "v7:lockTimeoutSeconds"],
      /SETTING_INVALID: .*"soon", expected a whole number/,
    ],
    [
      "a host together with an embedded server",
      ["config", "set", "v7:host", "db.example.org"],
      ["config", "rm", "v7:host"],
      /SETTING_INVALID: .*together with v7:database "embedded"/,
    ],
  ])("refuses %s with one clear message and no stack trace", (_what, breakIt, mend, message) => {
    checkout.pulumi([...breakIt, "--stack", "dev"]);
    const { code, output } = checkout.npm("start");
    checkout.pulumi([...mend, "--stack", "dev"]);
    expect(output).toMatch(message);
    expect(output).toContain(`Pulumi's whole output: ${STARTED}`);
    expect(readFileSync(join(checkout.folder, STARTED), "utf8")).toMatch(message);
    expect(output).not.toMatch(/^\s+at .*\.ts:\d+/m);
    expect(code).not.toBe(0);
  });

  it("refuses a directive with one byte changed, and a manifest that names a missing file", () => {
    const file = join(checkout.folder, "sql", "ad_005", "directive.sql");
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.toString("utf8").replace("VARCHAR(500)", "VARCHAR(501)"));
    const changed = checkout.pulumi(["up", "--yes", "--stack", "dev"]);
    writeFileSync(file, bytes);
    expect(changed.output).toMatch(/DIRECTIVE_CHANGED: checking "sql\/ad_005\/directive.sql"/);
    expect(changed.code).not.toBe(0);

    const manifest = join(checkout.folder, "sql", "ad_005", "manifest.yaml");
    const text = readFileSync(manifest, "utf8");
    writeFileSync(manifest, text.replace("amendments/lockdown.sql", "amendments/lockdwon.sql"));
    const missing = checkout.pulumi(["up", "--yes", "--stack", "dev"]);
    writeFileSync(manifest, text);
    expect(missing.output).toMatch(
      /MANIFEST_INVALID: reading "amendments\/lockdwon.sql".*no such file/,
    );
    expect(missing.code).not.toBe(0);
  });

  it("stops with npm stop, and leaves no process", () => {
    expect(checkout.npm("stop").code).toBe(0);
    expect(serverPid()).toBeNaN();
  });

  it("is destroyed with all its data, even with a user's view in it and without the directive's folder", async () => {
    expect(checkout.npm("start").code).toBe(0);
    await query("CREATE VIEW my_view AS SELECT * FROM v7_test_results");
    const sql = join(checkout.folder, "sql");
    renameSync(join(sql, "ad_005"), join(checkout.folder, "ad_005"));
    const settings = readFileSync(join(checkout.folder, "Pulumi.dev.yaml"));
    const { code, output } = checkout.npm("stop", ["--destroy"]);
    expect(output).toContain("the server of stack dev is removed with all its data");
    expect(output).toContain("Stack 'dev' has been removed!");
    expect(code).toBe(0);
    expect(readFileSync(join(checkout.folder, "Pulumi.dev.yaml"))).toStrictEqual(settings);
    expect(serverPid()).toBeNaN();
    expect(readdirSync(join(checkout.folder, ".v7", "stacks"))).toStrictEqual([]);
  });
});
