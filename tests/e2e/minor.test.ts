import type { Client } from "pg";
import { makeCheckout, type Checkout, type CommandResult } from "../support/checkout";
import { SERVERS, type MinorServer } from "../support/minorServers";
import { startTestServer, type TestServer } from "../support/postgres";
import { writeExternalStack } from "../support/protectedStack";

/** The real server if the machine has it, else npm's newest, changed so that it writes options by itself. */
const { name, major, sql, binFolder } = SERVERS[SERVERS.length - 1] as MinorServer;
const STACK = ["--stack", "minor"];
const MIGRATION = "urn:pulumi:minor::v7::directive:index:MigrationRunner::directive";

let checkout: Checkout;
let server: TestServer;
let owner: Client;

beforeAll(async () => {
  [checkout, server] = await Promise.all([makeCheckout(), startTestServer({ major, binFolder })]);
  const database = await server.createDatabase({ shape: "supabase", unprotected: true });
  const admin = await database.connect(server.superuser, server.superuserPassword);
  await admin.query(sql);
  owner = await database.connect();
  await owner.query("INSERT INTO file_audit (file_path) VALUES ('a.ts'), ('b.ts')");
  writeExternalStack(checkout, "minor", database, ['v7:requireApproval: "false"']);
});

afterAll(async () => {
  checkout.remove();
  await server.stop();
});

const pulumi = (...args: readonly string[]): CommandResult =>
  checkout.pulumi([...args, "--yes", "--skip-preview", ...STACK]);

// One story, told in order.
describe(`a stack on ${name}, as Supabase's postgres,`, () => {
  it("is brought up, is unchanged by a second up and a refresh, and has no drift", async () => {
    expect(pulumi("up", "--policy-pack", "policy")).toMatchObject({ code: 0 });
    expect(pulumi("up", "--expect-no-changes")).toMatchObject({ code: 0 });
    expect(pulumi("refresh", "--expect-no-changes")).toMatchObject({ code: 0 });
    expect(checkout.v7(["status", ...STACK]).output).toMatch(/drift +none/);
    await owner.query("UPDATE file_audit SET v7_target_name = 'A' WHERE file_path = 'a.ts'");
  });

  it("is rolled back with an archive and applied again, and every value is restored", async () => {
    expect(pulumi("destroy", "--target", MIGRATION, "--target-dependents")).toMatchObject({
      code: 0,
    });
    expect(pulumi("up")).toMatchObject({ code: 0 });
    expect(checkout.v7(["restore", ...STACK])).toMatchObject({ code: 0 });
    const { rows } = await owner.query("SELECT v7_target_name FROM file_audit ORDER BY file_path");
    expect(rows).toEqual([{ v7_target_name: "A" }, { v7_target_name: null }]);
    expect(pulumi("refresh", "--expect-no-changes")).toMatchObject({ code: 0 });
  });
});
