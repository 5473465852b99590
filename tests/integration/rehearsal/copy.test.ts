import { applyDirective } from "../../../runner/actions/apply";
import { rehearse } from "../../../runner/rehearsal/rehearse";
import type { RehearseRequest } from "../../../runner/rehearsal/rehearsedTarget";
import { applyRequest, SQL_FOLDER, type TestRequest } from "../../support/directive";
import { carriedOut } from "../../support/drift";
import { faultOf } from "../../support/faults";
import { laterDirective, lockLater, type LaterStep } from "../../support/laterDirective";
import { serverOfFile, type TestDatabase } from "../../support/postgres";
import { removeCopies } from "../../support/sqlFolder";
import { privateFile, SECRET } from "./setting";

const file = privateFile();

const APPLICATION = `
CREATE TABLE app_order (id integer PRIMARY KEY, middle text, total numeric) WITH (fillfactor = 70);
COMMENT ON TABLE app_order IS 'orders; DROP TABLE app_order; --';
ALTER TABLE app_order REPLICA IDENTITY FULL;
GRANT UPDATE (total) ON app_order TO authenticator;
CREATE FUNCTION app_read(path text DEFAULT pg_read_file('${file.path}'), OUT text text, OUT "Size" integer)
  LANGUAGE sql AS 'SELECT path, 1';
REVOKE EXECUTE ON FUNCTION app_read(text) FROM PUBLIC;
CREATE TABLE app_log (id integer);
CREATE DOMAIN app_number AS integer CHECK (VALUE > 0);
CREATE DOMAIN app_even AS app_number CHECK (VALUE % 2 = 0);
CREATE TYPE app_pair AS (a app_even, b text);
CREATE DOMAIN app_both AS app_pair;
CREATE TABLE app_typed (id integer, even app_even, pairs app_both[]);
`;

const server = serverOfFile({ major: 18 }, () => {
  removeCopies();
  file.remove();
});

/** A database with ad_005 and the application, and what brings the later directives onto it. */
async function prepared(
  ...directives: readonly (readonly LaterStep[])[]
): Promise<{ database: TestDatabase; requests: readonly TestRequest[] }> {
  const { database } = await carriedOut(server(), SQL_FOLDER, APPLICATION);
  const requests: TestRequest[] = [];
  let folder: string | undefined;
  for (const [index, steps] of directives.entries()) {
    const directive = `ad_00${String(6 + index)}`;
    folder = await laterDirective(APPLICATION, steps, folder, directive);
    await lockLater(folder, 18, directive);
    requests.push(await applyRequest(database, folder));
  }
  return { database, requests };
}

/** Fails unless the condition is true, in the lock's servers, in the rehearsal and in a run. */
const unless = (condition: string): string =>
  `DO $$ BEGIN IF (${condition}) IS NOT TRUE THEN RAISE 'not on this server'; END IF; END $$`;

describe("a rehearsal's copy of the target", () => {
  it.each([
    ["a comment", "obj_description('app_order'::regclass) = 'orders; DROP TABLE app_order; --'"],
    [
      "options",
      "EXISTS (SELECT FROM pg_class WHERE oid = 'app_order'::regclass AND reloptions = '{fillfactor=70}')",
    ],
    [
      "a replica identity",
      "EXISTS (SELECT FROM pg_class WHERE oid = 'app_order'::regclass AND relreplident = 'f')",
    ],
    [
      "a privilege on a column",
      "has_column_privilege('authenticator', 'app_order', 'total', 'UPDATE')",
    ],
    [
      "a revoked privilege of a function",
      "NOT has_function_privilege('authenticator', 'app_read(text)', 'EXECUTE')",
    ],
    [
      "no membership that gives power",
      "NOT EXISTS (SELECT FROM pg_auth_members WHERE roleid = 'pg_execute_server_program'::regrole AND member = 'authenticator'::regrole)",
    ],
  ])("has %s", async (_, condition) => {
    const { database, requests } = await prepared([
      {
        sql: [
          unless(condition),
          "COMMENT ON FUNCTION app_read(text) IS 'x'",
          "COMMENT ON COLUMN app_order.id IS 'x'",
        ],
      },
    ]);
    const superuser = await database.connect(server().superuser);
    await superuser.query("GRANT pg_execute_server_program TO authenticator");
    expect(await outcomeOf(requests.at(-1))).toStrictEqual([]);
  });

  it("has functions of the same interface, and runs nothing of their defaults", async () => {
    const { requests } = await prepared([
      {
        sql: [
          `CREATE OR REPLACE FUNCTION app_read(path text DEFAULT 'x', OUT text text, OUT "Size" integer) LANGUAGE sql AS 'SELECT path, 2'`,
          `CREATE TABLE v7_read AS SELECT text, "Size" FROM app_read('x')`,
        ],
      },
    ]);
    const rehearsal = await rehearse(requests.at(-1) ?? missing());
    expect(rehearsal?.differences).toStrictEqual([]);
    expect(rehearsal?.omitted).toContain(
      'function "public.app_read": its body; it is there and returns NULL',
    );
    expect(JSON.stringify(rehearsal)).not.toContain(SECRET);
  });

  it("has types that are made of each other", async () => {
    const { requests } = await prepared([
      { sql: "ALTER TABLE app_typed ADD COLUMN v7_a app_both" },
    ]);
    const rehearsal = await rehearse(requests.at(-1) ?? missing());
    expect(rehearsal?.differences).toStrictEqual([]);
    expect(rehearsal?.omitted).toStrictEqual([]);
  });

  it("has a column that an applied step dropped in its former place", async () => {
    const { requests } = await prepared(
      [
        {
          sql: [
            "CREATE TABLE v7_all AS SELECT * FROM app_order",
            "ALTER TABLE app_order DROP COLUMN middle",
          ],
        },
      ],
      [{ sql: "CREATE TABLE v7_more (id integer)" }],
    );
    await applyDirective(requests[0] ?? missing());
    expect(await outcomeOf(requests[1])).toStrictEqual([]);
  });

  it("has what only an inverse names, for the rehearsal of a rollback", async () => {
    const { requests } = await prepared([
      {
        sql: "CREATE TABLE v7_note (id integer)",
        inverse: "DROP TABLE v7_note; DELETE FROM public.app_log WHERE id < 0",
      },
    ]);
    const request = requests.at(-1) ?? missing();
    await applyDirective(request);
    expect(await outcomeOf({ ...request, action: "rollback", to: "ad_005" })).toStrictEqual([]);
  });
});

describe("a rehearsal whose statements fail", () => {
  it("names the plan's obstacles, and where it failed", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const owner = await database.connect();
    await owner.query(
      "DROP TABLE file_audit; CREATE TABLE files (id uuid); CREATE VIEW file_audit AS SELECT * FROM files",
    );
    const request = await applyRequest(database);
    const { code, message } = await faultOf(() => rehearse(request));
    expect(code).toBe("PRECHECK_FAILED");
    expect(message).toMatch(
      /^PRECHECK_FAILED: rehearsing the plan, which failed when running section_2 at sql\/ad_005\/directive\.sql:\d+:1: found 1 obstacle, expected none\. Nothing was changed\. Clear them all and rehearse again\.\n {2}- "public\.file_audit", which is a view/,
    );
  });
});

async function outcomeOf(request: RehearseRequest = missing()): Promise<unknown> {
  return (await rehearse(request))?.differences;
}

function missing(): never {
  throw new Error("no directive was prepared");
}
