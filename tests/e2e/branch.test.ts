import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import {
  branch,
  git,
  jsonOf,
  makeRepository,
  nothing,
  queryBranch,
  remains,
  type BranchUp,
} from "../support/branches";
import { makeCheckout, type Checkout } from "../support/checkout";
import { whileTaken } from "../support/listening";
import { queryRows } from "../support/withClient";

let checkout: Checkout;

beforeAll(async () => {
  checkout = await makeCheckout();
  makeRepository(checkout);
});

afterAll(() => {
  checkout.remove();
});

/** Two that differ in capitals alone, two in punctuation, and what else names can be. */
const NAMES = [
  "feature/login",
  "Feature/login",
  "feature-login",
  "a name with spaces",
  "修复/数据库",
  "ü",
  "x".repeat(200),
  "0123456789",
  "-dash",
  "$(touch pwned); `id` 'quoted' \"twice\"",
];

// One story, told in order: each part begins where the one before it ended.
describe("a branch's database", () => {
  it("does not exist before branch up, and every verb says so", () => {
    const status = checkout.v7(["branch", "status"]);
    expect(status.output).toBe("branch main has no database: npx v7 branch up\n");
    expect(status.code).toBe(3);
    for (const verb of ["url", "psql"]) {
      const { code, output } = checkout.v7(["branch", verb]);
      expect(output).toBe(
        'STACK_MISSING: looking for the database of branch "main": found none. Run npx v7 branch up.\n',
      );
      expect(code).toBe(1);
    }
    expect(checkout.v7(["branch", "down"])).toStrictEqual({
      code: 0,
      output: "v7: branch main has no database\n",
    });
    expect(checkout.v7(["branch", "list"]).output).toBe("no branch has a database here\n");
    expect(checkout.v7(["branch", "prune"])).toStrictEqual({
      code: 0,
      output: "nothing to remove\n",
    });
  });

  it("is created by branch up for the checked-out branch, with progress lines and the URL as output", () => {
    git(checkout.folder, ["checkout", "--quiet", "-b", "feature/one"]);
    const { code, output } = checkout.v7(["branch", "up"]);
    expect(code).toBe(0);
    expect(output).toMatch(/^v7: {3}done in .*, \d+ created$/m);
    expect(output).toContain("13 steps committed in one transaction");
    expect(output).toMatch(
      /^postgresql:\/\/postgres@127\.0\.0\.1:\d+\/postgres\?sslmode=disable$/m,
    );
  });

  it("is shown by branch status without its password", () => {
    const { code, output } = checkout.v7(["branch", "status"]);
    expect(output).toMatch(/^Branch feature\/one: stack dev-feature-one-[0-9a-f]{10}, up$/m);
    expect(output).toMatch(/^ {2}drift +none$/m);
    expect(code).toBe(0);
    const url = checkout.v7(["branch", "url"]).output;
    const { password } = new URL(url);
    expect(password).toMatch(/^[\w-]{32}$/);
    expect(checkout.v7(["branch", "url", "--no-password"]).output).not.toContain(password);
    expect(output).not.toContain(password);
  });

  it("answers queries through branch psql", () => {
    const { code, output } = checkout.v7([
      "branch",
      "psql",
      "--json",
      "--command",
      "SELECT count(*)::int AS phases FROM v7_migration_workflow",
    ]);
    expect(jsonOf(output)).toMatchObject([{ rows: [{ phases: 1 }] }]);
    expect(code).toBe(0);
  });

  it("is unchanged by a second branch up, and keeps its data", async () => {
    await queryBranch(checkout, "feature/one", "CREATE TABLE mine AS SELECT 7 AS seven");
    const { code, output } = checkout.v7(["branch", "up", "--json"]);
    expect(output).toMatch(/^v7: {3}done in [^,]*, \d+ unchanged$/m);
    expect(code).toBe(0);
    expect(jsonOf(output)).toMatchObject({ branch: "feature/one" });
    expect(await queryBranch(checkout, "feature/one", "SELECT * FROM mine")).toEqual([
      { seven: 7 },
    ]);
  });

  it("starts again with its data after its server is stopped", async () => {
    const listing = jsonOf(checkout.v7(["branch", "list", "--json"]).output) as { stack: string }[];
    const stack = listing[0]?.stack ?? "";
    checkout.v7(["stop", "--stack", stack]);
    expect(checkout.v7(["branch", "status"])).toMatchObject({ code: 3 });
    expect(checkout.v7(["branch", "up"])).toMatchObject({ code: 0 });
    expect(await queryBranch(checkout, "feature/one", "SELECT * FROM mine")).toEqual([
      { seven: 7 },
    ]);
  });

  it("takes another port when its own is taken while it is stopped", async () => {
    const { stack, url } = jsonOf(checkout.v7(["branch", "status", "--json"]).output) as BranchUp;
    const port = Number(new URL(url).port);
    checkout.v7(["stop", "--stack", stack]);
    const { code, output } = await whileTaken(port, () => checkout.v7(["branch", "up", "--json"]));
    expect(code === 0 ? "" : output).toBe("");
    expect(new URL((jsonOf(output) as BranchUp).url).port).not.toBe(String(port));
    expect(await queryBranch(checkout, "feature/one", "SELECT * FROM mine")).toEqual([
      { seven: 7 },
    ]);
  });

  it("starts with a truncated state file and with the lock of a process that has ended", async () => {
    const { stack } = jsonOf(checkout.v7(["branch", "status", "--json"]).output) as BranchUp;
    const state = join(checkout.folder, ".v7", "state", ".pulumi");
    writeFileSync(join(state, "stacks", "v7", `${stack}.json`), "");
    const locks = join(state, "locks", "organization", "v7", stack);
    mkdirSync(locks, { recursive: true });
    const lock = {
      pid: 2 ** 22 + 1,
      username: "test",
      hostname: hostname(),
      timestamp: new Date(),
    };
    writeFileSync(join(locks, "00000000-0000-0000-0000-000000000000.json"), JSON.stringify(lock));
    const { code, output } = checkout.v7(["branch", "up"]);
    expect(output).toContain(`the state of stack ${stack} was cut short`);
    expect(code === 0 ? "" : output).toBe("");
    expect(await queryBranch(checkout, "feature/one", "SELECT * FROM mine")).toEqual([
      { seven: 7 },
    ]);
  });

  it("is created for ten branches at once, whatever their names, each with its own stack and URL", async () => {
    const started = NAMES.map((name) =>
      checkout.startV7(["branch", "up", `--branch=${name}`, "--ttl=3", "--json"]),
    );
    const results = await Promise.all(started.map(({ result }) => result));
    expect(results.map(({ code, output }) => (code === 0 ? "" : output)).join("")).toBe("");
    const ups = results.map(({ output }) => jsonOf(output) as BranchUp);
    expect(ups.map((one) => one.branch)).toStrictEqual(NAMES);
    for (const distinct of [ups.map((one) => one.stack.toLowerCase()), ups.map((one) => one.url)]) {
      expect(new Set(distinct).size).toBe(NAMES.length);
    }
    // All of them have the same schema.
    expect(new Set(ups.map((one) => one.schemaFingerprint)).size).toBe(1);
    expect(existsSync(join(checkout.folder, "pwned"))).toBe(false);
    const urls = NAMES.map((name) => branch(checkout, "url", name).output.trim());
    expect(new Set(urls.map((url) => new URL(url).password)).size).toBe(NAMES.length);
  });

  it("does not affect other branches' databases when it is used or removed", async () => {
    await queryBranch(checkout, "Feature/login", "CREATE TABLE mine AS SELECT 8 AS eight");
    const down = branch(checkout, "down", "feature/login");
    expect(down.code).toBe(0);
    expect(await queryBranch(checkout, "Feature/login", "SELECT * FROM mine")).toEqual([
      { eight: 8 },
    ]);
    const rows = await queryBranch(checkout, "feature-login", "SELECT to_regclass('mine') AS mine");
    expect(rows).toEqual([{ mine: null }]);
    const listed = jsonOf(checkout.v7(["branch", "list", "--json"]).output) as {
      branch: string;
      state: string;
    }[];
    expect(listed.map((one) => one.branch).sort()).toStrictEqual(
      ["feature/one", ...NAMES.slice(1)].sort(),
    );
    expect(new Set(listed.map((one) => one.state))).toStrictEqual(new Set(["up"]));
  });

  it("receives another stack's rows and a seed, each once, and completely or not at all", async () => {
    await queryBranch(
      checkout,
      "feature/one",
      "INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona) VALUES (41, 'Given', 'L8')",
    );
    const { stack } = jsonOf(
      branch(checkout, "status", "feature/one", ["--json"]).output,
    ) as BranchUp;
    const seed = join(checkout.folder, "some people.sql");
    writeFileSync(
      seed,
      "CREATE TABLE people (name text);\nCOPY people FROM stdin;\nAda\nGrace\n\\.\nSELECT 1/0;\n",
    );
    const failed = branch(checkout, "up", "given", [`--seed=${seed}`]);
    expect(failed.output).toMatch(/^STATEMENT_FAILED: .*some people\.sql.*division by zero/m);
    expect(failed.code).toBe(1);
    writeFileSync(
      seed,
      "CREATE TABLE people (name text);\nCOPY people FROM stdin;\nAda\nGrace\n\\.\n",
    );
    for (const told of [
      /loading some people\.sql[^]*v7: {3}done/,
      /it has them already[^]*it has it already/,
    ]) {
      const given = branch(checkout, "up", "given", [`--from=${stack}`, `--seed=${seed}`]);
      expect(given.output).toMatch(told);
      expect(given.code).toBe(0);
    }
    const rows = await queryBranch(
      checkout,
      "given",
      "SELECT (SELECT phase_name FROM v7_migration_workflow WHERE phase_number = 41) AS phase, (SELECT count(*)::int FROM people) AS people",
    );
    expect(rows).toStrictEqual([{ phase: "Given", people: 2 }]);
    expect(branch(checkout, "status", "given").output).toMatch(
      new RegExp(`^ {2}data +from ${stack}, seed\\s+[0-9a-f]{64}$`, "m"),
    );
  });

  it("is pruned when git no longer has the branch or its time to live is over, and only then", () => {
    git(checkout.folder, ["branch", "feature-login"]);
    const asked = checkout.v7(["branch", "prune"]);
    expect(asked.code).toBe(3);
    expect(asked.output).toMatch(/^ü +dev-\S+ +no branch of that name/m);
    expect(asked.output).not.toMatch(/^feature-login /m);
    expect(asked.output).not.toMatch(/^feature\/one /m);
    expect(checkout.v7(["branch", "prune", "--dry-run"])).toMatchObject({ code: 0 });

    // Older than its time to live.
    const record = join(checkout.folder, ".v7", "branches", "dev-feature-login.json");
    writeFileSync(
      record,
      readFileSync(record, "utf8").replace(/"ttlDays": 3/, '"ttlDays": 0.000001'),
    );
    const { code, output } = checkout.v7(["branch", "prune", "--yes"]);
    expect(output).toMatch(/^feature-login +dev-feature-login +not brought up for/m);
    expect(code).toBe(0);
    const listed = jsonOf(checkout.v7(["branch", "list", "--json"]).output) as { branch: string }[];
    expect(listed.map((one) => one.branch)).toStrictEqual(["feature/one"]);
  });

  it("is not created when a stack of that name exists, and that stack is never pruned", () => {
    expect(checkout.pulumi(["stack", "init", "dev-mine"]).code).toBe(0);
    const up = branch(checkout, "up", "mine");
    expect(up.output).toMatch(
      /^BRANCH_REFUSED: making a database for branch "mine": found a stack or a settings file "dev-mine" that npx v7 branch did not make/m,
    );
    expect(up.code).toBe(1);
    expect(branch(checkout, "down", "mine")).toMatchObject({ code: 1 });
    expect(checkout.v7(["branch", "prune", "--yes"]).output).toBe("nothing to remove\n");
    expect(checkout.pulumi(["stack", "ls"]).output).toContain("dev-mine");
  });

  it("is not removed, pruned or copied while it is protected", async () => {
    git(checkout.folder, ["checkout", "--quiet", "main"]);
    git(checkout.folder, ["branch", "--quiet", "-D", "feature/one"]);
    const unprotected = "ALTER DATABASE postgres SET v7.unprotected = 'on'";
    const superuser = superuserOf("feature/one");
    const { stack: protectedStack } = jsonOf(
      branch(checkout, "status", "feature/one", ["--json"]).output,
    ) as BranchUp;
    await superuser("ALTER DATABASE postgres RESET v7.unprotected");
    const pruned = checkout.v7(["branch", "prune", "--yes"]);
    expect(pruned.output).toMatch(
      /^BRANCH_REFUSED: removing the database of branch "feature\/one": found a database that is protected/m,
    );
    expect(pruned.code).toBe(1);
    const copied = branch(checkout, "up", "copy", [`--from=${protectedStack}`]);
    expect(copied.output).toMatch(/^COPY_REFUSED: .*protected/m);
    expect(copied.output).toContain("--with-production-data");
    expect(copied.code).toBe(1);
    expect(branch(checkout, "down", "feature/one")).toMatchObject({ code: 1 });
    expect(await queryBranch(checkout, "feature/one", "SELECT * FROM mine")).toEqual([
      { seven: 7 },
    ]);
    await superuser(unprotected);
  });

  it("is not created with settings that would give every branch the same database", () => {
    const file = join(checkout.folder, "Pulumi.dev.yaml");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace("v7:database: embedded", "v7:database: external"));
    const { code, output } = branch(checkout, "up", "shared");
    writeFileSync(file, text);
    expect(output).toMatch(/^BRANCH_REFUSED: .*without v7:templateDatabase/m);
    expect(code).toBe(1);
  });

  it("leaves nothing behind once every branch is down", () => {
    expect(checkout.v7(["branch", "prune", "--yes"])).toMatchObject({ code: 0 });
    expect(branch(checkout, "down", "shared")).toMatchObject({ code: 0 });
    // No branch command removes what `pulumi stack init` made.
    const left = Object.entries(remains(checkout)).map(([kind, names]) => [
      kind,
      names.filter((name) => !name.includes("dev-mine")),
    ]);
    expect(Object.fromEntries(left)).toStrictEqual(nothing(checkout));
  });
});

/** Runs a statement as the superuser of the branch's own server, whose password only the state has. */
function superuserOf(name: string): (sql: string) => Promise<unknown[]> {
  const { stack } = jsonOf(branch(checkout, "status", name, ["--json"]).output) as BranchUp;
  const exported = checkout.pulumi(["stack", "export", "--show-secrets", "--stack", stack]);
  const password = /"superuserPassword":[^}]*?"plaintext": "\\"([^"\\]+)\\""/s.exec(
    exported.output,
  )?.[1];
  const { port } = new URL(branch(checkout, "url", name).output.trim());
  const login = { user: "supabase_admin", password, database: "postgres" };
  return (sql) => queryRows({ host: "127.0.0.1", port: Number(port), ...login }, sql);
}
