import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  branch,
  git,
  jsonOf,
  killBranch,
  makeRepository,
  nothing,
  remains,
  WHILE_UP,
  type BranchUp,
} from "../support/branches";
import { asOwner, prepareForBranches, type BranchesLogin } from "../support/branchesServer";
import { makeCheckout, type Checkout } from "../support/checkout";
import { startTestServer, type TestServer } from "../support/postgres";

let checkout: Checkout;
let server: TestServer;
let login: BranchesLogin;
/** What the server had before any branch. */
let before: unknown;

beforeAll(async () => {
  [checkout, server] = await Promise.all([makeCheckout(), startTestServer({ major: 17 })]);
  makeRepository(checkout);
  login = await prepareForBranches(server);
  before = await everything();
  // A branch with a server of its own, to compare with; then Pulumi.dev.yaml names the shared one.
  branch(checkout, "up", "embedded");
  checkout.pulumi(["stack", "init", "dev"]);
  for (const [key, value] of [
    ["database", "external"],
    ["host", server.host],
    ["port", String(server.port)],
    ["databaseName", "everybodys"],
    ["user", login.user],
    ["sslMode", "disable"],
    ["templateDatabase", login.template],
  ] as const) {
    checkout.pulumi(["config", "set", "--stack", "dev", `v7:${key}`, value]);
  }
  checkout.pulumi(["config", "rm", "--stack", "dev", "v7:postgresMajor"]);
  checkout.pulumi(["config", "set", "--secret", "--stack", "dev", "v7:password", login.password]);
});

afterAll(async () => {
  checkout.remove();
  await server.stop();
});

/** Every database and role that is not the server's own. */
async function everything(): Promise<unknown> {
  return asOwner(server, "postgres", async (client) => {
    const { rows } = await client.query<object>(
      `SELECT datname AS name FROM pg_database UNION ALL SELECT rolname FROM pg_roles ORDER BY 1`,
    );
    return rows;
  });
}

// One story, told in order.
describe("branches that share a server", () => {
  it("start at the same time, with the same schema as a branch with its own server", async () => {
    const started = ["feature/a", "Feature/a"].map((name) =>
      checkout.startV7(["branch", "up", `--branch=${name}`, "--json"]),
    );
    const results = await Promise.all(started.map(({ result }) => result));
    expect(results.map(({ code, output }) => (code === 0 ? "" : output)).join("")).toBe("");
    const ups = results.map(({ output }) => jsonOf(output) as BranchUp);
    expect(new Set(ups.map(({ url }) => new URL(url).pathname)).size).toBe(2);
    const embedded = jsonOf(branch(checkout, "status", "embedded", ["--json"]).output) as BranchUp;
    expect(ups.map((one) => one.schemaFingerprint)).toStrictEqual(
      ups.map(() => embedded.schemaFingerprint),
    );
    expect(results.map(({ output }) => output).join("")).not.toContain(login.password);
  });

  it("are unchanged by a second branch up", () => {
    const { code, output } = branch(checkout, "up", "feature/a");
    expect(output).toMatch(/^v7: {3}done in [^,]*, \d+ unchanged$/m);
    expect(code).toBe(0);
  });

  it("are listed with the other branches", () => {
    const listed = jsonOf(checkout.v7(["branch", "list", "--json"]).output) as object[];
    expect(listed).toMatchObject([{ state: "up" }, { state: "elsewhere" }, { state: "elsewhere" }]);
  });

  it("are taken down one by one, and the others still work", () => {
    expect(branch(checkout, "down", "feature/a")).toMatchObject({ code: 0 });
    expect(branch(checkout, "status", "Feature/a")).toMatchObject({ code: 0 });
  });

  it("are brought up or taken down again after a branch up is killed at any moment", async () => {
    for (const [moment, next] of [
      ["while its database is cloned", "down"],
      ["while its roles are made", "up"],
      ["while the directive is applied", "down"],
      ["while the catalog is checked", "up"],
    ] as const) {
      await killBranch(checkout, "up", WHILE_UP[moment]);
      const { code, output } = branch(checkout, next, "killed");
      expect(code === 0 ? "" : output).toBe("");
      expect(branch(checkout, "down", "killed")).toMatchObject({ code: 0 });
    }
  });

  it("are listed, brought up and pruned by another machine that shares the state", async () => {
    const other = await makeCheckout();
    makeRepository(other);
    copyFileSync(join(checkout.folder, "Pulumi.dev.yaml"), join(other.folder, "Pulumi.dev.yaml"));
    const bucket = join(other.folder, "..", "bucket");
    mkdirSync(bucket);
    const shared = {
      V7_BACKEND_URL: pathToFileURL(bucket).href,
      PULUMI_CONFIG_PASSPHRASE: "v7-dev",
    };
    const up = checkout.v7(["branch", "up", "--branch=shared/a", "--json"], shared);
    expect(up.code === 0 ? "" : up.output).toBe("");
    const list = (): unknown => jsonOf(other.v7(["branch", "list", "--json"], shared).output);
    expect(list()).toMatchObject([{ branch: "shared/a", state: "elsewhere" }]);
    const again = other.v7(["branch", "up", "--branch=shared/a"], shared);
    expect(again.output).toMatch(/^v7: {3}done in [^,]*, \d+ unchanged$/m);
    expect(again.code).toBe(0);
    // Git has the branch in this checkout, but not in the other.
    git(checkout.folder, ["branch", "shared/a"]);
    expect(checkout.v7(["branch", "prune"], shared)).toMatchObject({ code: 0 });
    const pruned = other.v7(["branch", "prune", "--yes"], shared);
    expect(pruned.output).toMatch(
      /^shared\/a +dev-shared-a-\S+ +no branch of that name any more$/m,
    );
    expect(pruned.code).toBe(0);
    expect(list()).toEqual([]);
    expect(checkout.v7(["branch", "down", "--branch=shared/a"], shared)).toMatchObject({ code: 0 });
    other.remove();
  });

  it("are not removed while they are protected", async () => {
    const name = (jsonOf(branch(checkout, "status", "Feature/a", ["--json"]).output) as BranchUp)
      .url;
    const database = new URL(name).pathname.slice(1);
    const set = (how: string): Promise<unknown> =>
      asOwner(server, "postgres", (client) => client.query(`ALTER DATABASE ${database} ${how}`));
    await set("RESET v7.unprotected");
    const { code, output } = branch(checkout, "down", "Feature/a");
    expect(output).toMatch(/^(BRANCH|CLONE)_REFUSED: /m);
    expect(code).toBe(1);
    await set("SET v7.unprotected = 'on'");
  });

  it("leave nothing behind on the server or in the checkout", async () => {
    for (const name of ["Feature/a", "embedded"]) {
      expect(branch(checkout, "down", name)).toMatchObject({ code: 0 });
    }
    expect(await everything()).toEqual(before);
    expect(remains(checkout)).toStrictEqual(nothing(checkout));
    expect(readFileSync(join(checkout.folder, "Pulumi.dev.yaml"), "utf8")).toContain("external");
  });
});
