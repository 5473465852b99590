import type { Client } from "pg";
import { makeCheckout, type Checkout } from "../support/checkout";
import { startTestServer, type TestDatabase, type TestServer } from "../support/postgres";
import { writeExternalStack } from "../support/protectedStack";
import { firedTraps, makePlanter, plantBeforeBuiltIns } from "../support/traps";

let checkout: Checkout;
let server: TestServer;
let database: TestDatabase;
let admin: Client;

const STACK = ["--stack", "hijack"];

/** What a careless shell, or somebody who may set its variables, gives every libpq client. */
const PG_VARIABLES = {
  PGOPTIONS: "-c search_path=trap,pg_catalog",
  PGHOST: "db.invalid",
  PGDATABASE: "nowhere",
  PGREPLICATION: "database",
};

beforeAll(async () => {
  [checkout, server] = await Promise.all([makeCheckout(), startTestServer({ major: 18 })]);
  database = await server.createDatabase({ shape: "supabase", unprotected: true });
  admin = await database.connect(server.superuser, server.superuserPassword);
  await makePlanter(admin);
  await plantBeforeBuiltIns(admin, database.name, database.owner);
  writeExternalStack(checkout, "hijack", database, ['v7:requireApproval: "false"']);
});

afterAll(async () => {
  checkout.remove();
  await server.stop();
});

// One story, told in order.
describe("code that shadows built-in names, and PG variables in the environment,", () => {
  it.each<readonly [string, readonly string[]]>([
    ["pulumi preview", ["preview", "--policy-pack", "policy"]],
    ["pulumi up", ["up", "--yes", "--skip-preview", "--policy-pack", "policy"]],
    ["another up", ["up", "--yes", "--skip-preview", "--expect-no-changes"]],
    ["pulumi refresh", ["refresh", "--yes", "--skip-preview", "--expect-no-changes"]],
  ])("have no effect on %s", (_name, args) => {
    const { code, output } = checkout.pulumi([...args, ...STACK], PG_VARIABLES);
    expect({ output, code }).toMatchObject({ code: 0 });
    expect(firedTraps(server)).toStrictEqual([]);
  });

  it.each<readonly [string, readonly string[]]>([
    ["v7 status", ["status"]],
    ["v7 plan", ["plan", "--action", "rollback"]],
    ["v7 rehearse", ["rehearse", "--action", "rollback"]],
    [
      "v7 psql, whose unqualified names mean public",
      ["psql", "--json", "-c", "SELECT 'a' || count(*) FROM v7_migration_workflow"],
    ],
  ])("have no effect on %s", (_name, args) => {
    const { code, output } = checkout.v7([...args, ...STACK], PG_VARIABLES);
    expect({ output, code }).toMatchObject({ code: 0 });
    expect(firedTraps(server)).toStrictEqual([]);
  });

  it("have no effect on pulumi destroy", () => {
    const { code, output } = checkout.pulumi(
      ["destroy", "--yes", "--skip-preview", ...STACK],
      PG_VARIABLES,
    );
    expect({ output, code }).toMatchObject({ code: 0 });
    expect(firedTraps(server)).toStrictEqual([]);
  });
});
