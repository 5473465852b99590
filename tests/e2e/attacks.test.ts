import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import type { Checkout, CommandResult } from "../support/checkout";
import { contentsOf } from "../support/contents";
import type { TestDatabase } from "../support/postgres";
import { makeProtectedStack, STAND_IN, type ProtectedStack } from "../support/protectedStack";
import { startProxy } from "../support/proxy";

const PACK = ["--policy-pack", "policy"];
const MALLORY = JSON.stringify([
  { name: "mallory", role: "v7_architect", password: "SCRAM-SHA-256$4096:c2FsdA==$a2V5:a2V5" },
]);

// The stand-in refuses protected databases by itself: with that, nothing here would prove anything about the gates.
let prod: ProtectedStack;
let checkout: Checkout;
let database: TestDatabase;
let admin: Client;

beforeAll(async () => {
  prod = await makeProtectedStack();
  ({ checkout, database, admin } = prod);
});

afterAll(async () => {
  await prod.remove();
});

const pulumi: ProtectedStack["pulumi"] = (args, environment) => prod.pulumi(args, environment);
const run: ProtectedStack["run"] = (verb, more, environment) => prod.run(verb, more, environment);

async function expectRefused(attempt: () => CommandResult, message: RegExp): Promise<void> {
  const before = await contentsOf(admin);
  const { code, output } = attempt();
  expect(output).toMatch(message);
  expect(code).not.toBe(0);
  expect(await contentsOf(admin)).toStrictEqual(before);
}

/** The stack's state, as `pulumi stack export` gives it. */
interface Exported {
  deployment: { resources: { urn: string; type: string; dependencies?: string[] }[] };
}

/** Edits the state by hand: `pulumi stack export`, an editor, `pulumi stack import`. */
function editState(edit: (state: Exported) => void): void {
  const file = join(checkout.folder, "..", "state.json");
  expect(
    pulumi(["stack", "export", "--stack", "prod", "--show-secrets", "--file", file]).code,
  ).toBe(0);
  const state = JSON.parse(readFileSync(file, "utf8")) as Exported;
  edit(state);
  writeFileSync(file, JSON.stringify(state));
  const imported = pulumi(["stack", "import", "--stack", "prod", "--force", "--file", file]);
  expect([imported.code, imported.output]).toEqual([0, expect.any(String)]);
}

/** Takes the resources of those types out of a state, and whatever names them. */
function without(state: Exported, types: readonly string[]): void {
  const { deployment } = state;
  const gone = new Set(
    deployment.resources.filter(({ type }) => types.includes(type)).map(({ urn }) => urn),
  );
  deployment.resources = deployment.resources.filter(({ urn }) => !gone.has(urn));
  for (const resource of deployment.resources) {
    if (resource.dependencies !== undefined) {
      resource.dependencies = resource.dependencies.filter((urn) => !gone.has(urn));
    }
  }
}

describe("an installation that nobody approved", () => {
  it.each([
    ["the policy pack left out", [], {}],
    ["only a role as target", ["--target", "**Role::roles-v7_reader", ...PACK], {}],
    ["the gate excluded", ["--exclude", "**ApprovalGate::gate", "--exclude-dependents"], {}],
    ["a refresh first", ["--refresh"], {}],
    ["a plan to replace", ["--replace", "**MigrationRunner::directive"], {}],
    ["PULUMI_NODEJS_DRY_RUN set as in a preview", [], { PULUMI_NODEJS_DRY_RUN: "true" }],
    [
      "PG variables in the environment",
      [],
      {
        PGOPTIONS: "-c v7.unprotected=on -c search_path=v7_evil,public",
        PGHOST: "db.invalid",
        PGUSER: "supabase_admin",
        PGSSLMODE: "disable",
      },
    ],
    [
      "V7 variables in the environment",
      [],
      { V7_STARTED_BY: "architect", V7_REQUIRE_APPROVAL: "false", V7_STACK: "dev" },
    ],
  ])("is refused with %s", async (_, more, environment) => {
    await expectRefused(() => run("up", more, environment), /APPROVAL_REQUIRED: /);
  });

  it("is refused through a tunnel that makes the server look local", async () => {
    const { port, stop } = await startProxy(database.port);
    try {
      pulumi(["config", "set", "v7:port", String(port), "--stack", "prod"]);
      pulumi(["config", "set", "v7:requireApproval", "false", "--stack", "prod"]);
      const before = await contentsOf(admin);
      const { code, output } = await checkout.startPulumi(
        ["up", "--yes", "--skip-preview", "--stack", "prod"],
        STAND_IN,
      );
      expect(output).toMatch(/SETTING_INVALID: .*found false, although the database is protected/);
      expect(code).not.toBe(0);
      expect(await contentsOf(admin)).toStrictEqual(before);
    } finally {
      await stop();
      pulumi(["config", "set", "v7:port", String(database.port), "--stack", "prod"]);
      pulumi(["config", "rm", "v7:requireApproval", "--stack", "prod"]);
    }
  });

  it("is refused by the plugin when the gate is edited out of index.ts", async () => {
    await withProgram("  await refuseUnapproved(settings, directives);\n", "", async () => {
      await expectRefused(() => run("up"), /ApprovalGate gate[^]*APPROVAL_REQUIRED: /);
    });
  });

  it("is refused by the policy pack when the program registers only a role", async () => {
    await withProgram(
      "  await refuseUnapproved(settings, directives);\n",
      `  if (settings.stack === "prod") {
          const provider = new postgresql.Provider("postgresql", {
            host: "127.0.0.1", port: 1, database: "postgres", username: "mallory", databaseUsername: "mallory",
            password: pulumi.secret("none"), sslmode: "disable", superuser: false, maxConnections: 4, connectTimeout: 5,
          });
          new postgresql.Role("mallory", { name: "mallory" }, { provider });
          return undefined as never;
        }\n`,
      async () => {
        await expectRefused(
          () => run("up", PACK),
          /approved-plan[^]*"mallory": APPROVAL_REQUIRED: /,
        );
      },
    );
  });
});

/** Runs with another index.ts. */
async function withProgram(part: string, other: string, use: () => Promise<void>): Promise<void> {
  const file = join(checkout.folder, "index.ts");
  const text = readFileSync(file, "utf8");
  expect(text).toContain(part);
  copyFileSync(file, `${file}.kept`);
  writeFileSync(file, text.replace(part, other));
  try {
    await use();
  } finally {
    copyFileSync(`${file}.kept`, file);
  }
}

describe("one approval", () => {
  it("allows only one of two runs that start at the same time", async () => {
    prod.approve("apply");
    const args = ["up", "--yes", "--skip-preview", "--stack", "prod"];
    const results = await Promise.all([
      checkout.startPulumi(args, STAND_IN),
      checkout.startPulumi(args, STAND_IN),
    ]);
    const { rows } = await admin.query<{ count: number; plans: number }>(
      "SELECT count(*)::int AS count, count(DISTINCT plan_digest)::int AS plans FROM v7_control.history",
    );
    const committed = results.filter(({ output }) =>
      output.includes("steps committed in one transaction"),
    );
    expect([committed.length, rows[0]?.plans]).toEqual([1, 1]);
    expect(run("up", PACK).output).toMatch(/Resources:\s+\d+ unchanged/);
  });
});

describe("a change that nobody approved, on a database that is in use", () => {
  beforeAll(() => {
    pulumi(["config", "set", "--secret", "v7:logins", MALLORY, "--stack", "prod"]);
  });
  afterAll(() => {
    pulumi(["config", "rm", "v7:logins", "--stack", "prod"]);
  });

  it.each([
    ["only the new role as target", ["--target", "**Role::roles-mallory"], {}],
    ["one grant as target", ["--target", "**Grant::grants-v7_reader-public"], {}],
    [
      "the gate, the migration and the check excluded",
      [
        "--exclude",
        "**ApprovalGate::gate",
        "--exclude",
        "**MigrationRunner::directive",
        "--exclude",
        "**CatalogCheck::catalog",
      ],
      {},
    ],
    [
      "the new role as target and PULUMI_NODEJS_DRY_RUN set",
      ["--target", "**Role::roles-mallory"],
      { PULUMI_NODEJS_DRY_RUN: "true" },
    ],
  ])("is refused with %s", async (_, more, environment) => {
    await expectRefused(() => run("up", more, environment), /APPROVAL_(USED|WRONG_PLAN): /);
  });

  it("is refused when the gate and the check are deleted from the state", async () => {
    const file = join(checkout.folder, "..", "kept.json");
    pulumi(["stack", "export", "--stack", "prod", "--show-secrets", "--file", file]);
    editState((state) => {
      without(state, ["directive:index:ApprovalGate", "directive:index:CatalogCheck"]);
    });
    await expectRefused(() => run("up"), /APPROVAL_WRONG_PLAN: /);
    expect(pulumi(["stack", "import", "--stack", "prod", "--force", "--file", file]).code).toBe(0);
  });
});

describe("a removal that nobody approved", () => {
  it.each([
    ["no flag at all", [], /CatalogCheck::catalog" cannot be deleted/],
    ["--ignore-protect", ["--ignore-protect"], /APPROVAL_WRONG_PLAN: /],
    [
      "one grant as target",
      ["--target", "**Grant::grants-v7_reader-public"],
      /was not specified in --target list/,
    ],
    [
      "one role as target",
      ["--ignore-protect", "--target", "**Role::roles-v7_ci", "--target-dependents"],
      /APPROVAL_WRONG_PLAN: /,
    ],
  ])("is refused with %s", async (_, more, message) => {
    await expectRefused(() => run("destroy", more), message);
  });

  it.each([
    ["the check excluded", ["--ignore-protect", "--exclude", "**CatalogCheck::catalog"]],
    ["the protected resources excluded", ["--exclude-protected"]],
  ])("changes nothing in the database with %s", async (_, more) => {
    const before = await contentsOf(admin);
    run("destroy", more);
    expect(await contentsOf(admin)).toStrictEqual(before);
    // A component that is missing from the state is created again.
    expect(run("up").code).toBe(0);
    expect(await contentsOf(admin)).toStrictEqual(before);
  });

  it("cannot remove the directive or its history when the check is deleted from the state", async () => {
    const history = async (): Promise<unknown> =>
      (await admin.query("SELECT * FROM v7_control.history ORDER BY position")).rows;
    const before = await history();
    editState((state) => {
      without(state, ["directive:index:CatalogCheck"]);
    });
    const { code, output } = run("destroy", ["--ignore-protect"]);
    expect(output).toMatch(/MigrationRunner \(directive\):\s+error: APPROVAL_WRONG_PLAN: /);
    expect(code).not.toBe(0);
    expect(await history()).toStrictEqual(before);
    // It did revoke grants, which needs only the database's password. A run, which needs no approval, grants them again.
    const { rows } = await admin.query(
      "SELECT has_table_privilege('v7_reader', 'v7_test_results', 'SELECT') AS it",
    );
    expect(rows).toEqual([{ it: false }]);
    expect(run("up").code).toBe(0);
    expect(await history()).toStrictEqual(before);
  });

  it("is refused when it is a replacement", async () => {
    await expectRefused(
      () =>
        run("up", [
          "--ignore-protect",
          "--target-replace",
          "**MigrationRunner::directive",
          "--target-dependents",
        ]),
      /APPROVAL_WRONG_PLAN: /,
    );
  });
});
