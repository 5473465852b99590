import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { asOwner, prepareForBranches, type BranchesLogin } from "../support/branchesServer";
import { makeCheckout, type Checkout, type CommandResult } from "../support/checkout";
import { startTestServer, type TestServer } from "../support/postgres";

const STACKS = ["one", "two"] as const;

let checkout: Checkout;
let server: TestServer;
let login: BranchesLogin;

beforeAll(async () => {
  [checkout, server] = await Promise.all([makeCheckout(), startTestServer({ major: 17 })]);
  login = await prepareForBranches(server);
  for (const stack of STACKS) {
    writeFileSync(
      join(checkout.folder, `Pulumi.${stack}.yaml`),
      [
        "config:",
        "  v7:database: external",
        `  v7:host: ${server.host}`,
        `  v7:port: "${String(server.port)}"`,
        `  v7:databaseName: v7_${stack}`,
        `  v7:user: ${login.user}`,
        "  v7:sslMode: disable",
        `  v7:templateDatabase: ${login.template}`,
        `  v7:roleSuffix: _${stack}`,
        '  v7:requireApproval: "false"',
        "",
      ].join("\n"),
    );
    checkout.pulumi(["stack", "init", stack]);
    set(stack, "password", login.password, ["--secret"]);
  }
});

afterAll(async () => {
  checkout.remove();
  await server.stop();
});

function set(stack: string, key: string, value: string, more: readonly string[] = []): void {
  expect(
    checkout.pulumi(["config", "set", ...more, `v7:${key}`, value, "--stack", stack]).code,
  ).toBe(0);
}

const up = (stack: string): readonly string[] => [
  ...["up", "--yes", "--skip-preview", "--stack", stack, "--policy-pack", "policy"],
];

function expectFine({ code, output }: CommandResult): string {
  if (code !== 0) {
    throw new Error(output);
  }
  expect(output).not.toContain(login.password);
  return output;
}

/** As `pulumi stack output` gives them. */
function outputsOf(stack: string): { schemaFingerprint: string; drift: readonly string[] } {
  const { output } = checkout.pulumi(["stack", "output", "--json", "--stack", stack]);
  return JSON.parse(output) as { schemaFingerprint: string; drift: readonly string[] };
}

function expectUnchanged(stack: string): void {
  const again = expectFine(checkout.pulumi(up(stack)));
  expect(again).toMatch(/Resources:\s+\d+ unchanged/);
  expect(again).not.toMatch(/\d+ (created|updated|replaced|deleted|changed)/);
  const refresh = ["refresh", "--preview-only", "--expect-no-changes", "--stack", stack];
  expectFine(checkout.pulumi(refresh));
}

const ask = async <T extends object>(sql: string, database = "postgres"): Promise<T[]> =>
  await asOwner(server, database, async (client: Client) => (await client.query<T>(sql)).rows);

/** The databases and roles that are not the server's own, with all that a stack could have changed of them. */
async function everything(): Promise<unknown> {
  return await ask(
    `SELECT d.datname AS name, pg_get_userbyid(d.datdba) AS owner, shobj_description(d.oid, 'pg_database') AS detail, s.setconfig
       FROM pg_database d LEFT JOIN pg_db_role_setting s ON s.setdatabase = d.oid
      WHERE d.datname NOT LIKE 'template_'
     UNION ALL SELECT rolname, rolvaliduntil::text, NULL, rolconfig FROM pg_roles WHERE rolname NOT LIKE 'pg\\_%' ORDER BY 1`,
  );
}

// One story, told in order.
describe("two stacks on one server, each with its own database and roles,", () => {
  let before: unknown;

  it("are previewed without creating anything", async () => {
    before = await everything();
    const output = expectFine(checkout.pulumi(["preview", "--stack", "one"]));
    expect(output).toContain("the server is not there yet; on it would run:");
    expect(await everything()).toEqual(before);
  });

  it("are refused in the preview while the template is protected", async () => {
    await ask("ALTER DATABASE template_v7 RESET v7.unprotected");
    const { code, output } = checkout.pulumi(["preview", "--stack", "one"]);
    expect(output).toMatch(/CLONE_REFUSED: .*"template_v7", which is protected/);
    expect(code).not.toBe(0);
    await ask("ALTER DATABASE template_v7 SET v7.unprotected = 'on'");
  });

  it("start at the same time", async () => {
    const runs = await Promise.all(STACKS.map((stack) => checkout.startPulumi(up(stack))));
    for (const output of runs.map(expectFine)) {
      expect(output).toContain('cloned from "template_v7"');
      expect(output).toContain("13 steps committed in one transaction");
    }
  });

  it("have the same schema fingerprint as a stack with an embedded server", () => {
    checkout.pulumi(["stack", "init", "embedded"]);
    set("embedded", "requireApproval", "false");
    expectFine(checkout.pulumi(["up", "--yes", "--skip-preview", "--stack", "embedded"]));
    const expected = outputsOf("embedded").schemaFingerprint;
    expect(STACKS.map(outputsOf)).toEqual(
      STACKS.map(
        () => expect.objectContaining({ schemaFingerprint: expected, drift: [] }) as unknown,
      ),
    );
    expectFine(checkout.pulumi(["destroy", "--yes", "--skip-preview", "--stack", "embedded"]));
  });

  it.each(STACKS)("show no change at another up and at a refresh: %s", (stack) => {
    expectUnchanged(stack);
  });

  it("show their status and no drift through npx v7", () => {
    const status = expectFine(checkout.v7(["status", "--stack", "one"]));
    expect(status).toMatch(/drift +none/);
    const { code } = checkout.v7(["drift", "--stack", "one"], {
      PGPASSWORD: login.password,
      PGUSER: login.user,
    });
    expect(code).toBe(0);
  });

  it.each([
    ["protected", "CREATE DATABASE production"],
    [
      "unprotected, but not the stack's own",
      "CREATE DATABASE production; ALTER DATABASE production SET v7.unprotected = 'on'",
    ],
  ])("cannot take over a database that already exists: %s", async (_, sql) => {
    for (const statement of sql.split("; ")) {
      await ask(statement);
    }
    set("two", "databaseName", "production");
    const standing = await everything();
    for (const more of [[], ["--target", "**Role::roles-v7_reader_two"], ["--refresh"]]) {
      const { code, output } = checkout.pulumi([...up("two"), ...more]);
      expect(output).toMatch(
        /CLONE_REFUSED: .*"production".*that is not this stack's: owned by "supabase_admin"/,
      );
      expect(code).not.toBe(0);
    }
    expect(await everything()).toEqual(standing);
    set("two", "databaseName", "v7_two");
    await ask("DROP DATABASE production");
  });

  it("clone again when another template is named, and apply everything to the new clone", async () => {
    await ask("CREATE DATABASE template_next TEMPLATE template_v7 IS_TEMPLATE true");
    await ask("ALTER DATABASE template_next SET v7.unprotected = 'on'");
    await ask("CREATE TABLE only_in_next ()", "template_next");
    set("two", "templateDatabase", "template_next");
    expect(expectFine(checkout.pulumi(up("two")))).toContain('cloned from "template_next"');
    expect(await ask("SELECT to_regclass('only_in_next')::text AS found", "v7_two")).toEqual([
      { found: "only_in_next" },
    ]);
    expect(outputsOf("two").drift).toEqual([]);
    expectUnchanged("two");
  });

  it("clone again when somebody drops the database by hand", async () => {
    await ask("DROP DATABASE v7_two WITH (FORCE)");
    expectFine(checkout.pulumi(up("two")));
    expect(outputsOf("two").drift).toEqual([]);
    expectUnchanged("two");
  });

  it("leave the other stack unchanged when one is destroyed", async () => {
    expectFine(checkout.pulumi(["destroy", "--yes", "--skip-preview", "--stack", "one"]));
    const [left] = await ask<Record<string, number>>(
      `SELECT (SELECT count(*)::int FROM pg_database WHERE datname = 'v7_one') AS databases,
              (SELECT count(*)::int FROM pg_roles WHERE rolname LIKE '%\\_one') AS roles`,
    );
    expect(left).toEqual({ databases: 0, roles: 0 });
    expectUnchanged("two");
  });

  it("leave nothing on the server once both are destroyed", async () => {
    await ask("DROP DATABASE IF EXISTS production");
    expectFine(checkout.pulumi(["destroy", "--yes", "--skip-preview", "--stack", "two"]));
    await ask("ALTER DATABASE template_next WITH IS_TEMPLATE false");
    await ask("DROP DATABASE template_next");
    expect(await everything()).toEqual(before);
  });
});
