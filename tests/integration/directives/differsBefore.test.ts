import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { preparePlan } from "../../../runner/plan/preparePlan";
import { withConnection } from "../../../runner/postgres/connection";
import { applyRequest, SQL_FOLDER, type TestRequest } from "../../support/directive";
import { carriedOut } from "../../support/drift";
import { faultOf } from "../../support/faults";
import { laterDirective, lockLater } from "../../support/laterDirective";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { removeCopies } from "../../support/sqlFolder";

const APPLICATION = `
CREATE TABLE app (id integer, note text);
CREATE VIEW app_old AS SELECT 1 AS one;
REVOKE ALL ON app_old FROM anon, authenticated, service_role;
`;

const REDUNDANT = "FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()";

/** Statements, each with its inverse. */
const STATEMENTS: readonly (readonly [sql: string, inverse: string])[] = [
  [
    "CREATE OR REPLACE FUNCTION v7_f() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "DROP FUNCTION v7_f()",
  ],
  [`CREATE OR REPLACE TRIGGER v7_t BEFORE UPDATE ON app ${REDUNDANT}`, "DROP TRIGGER v7_t ON app"],
  ["CREATE OR REPLACE RULE v7_r AS ON INSERT TO app DO ALSO NOTIFY x", "DROP RULE v7_r ON app"],
  ["CREATE SEQUENCE IF NOT EXISTS v7_s", "DROP SEQUENCE v7_s"],
  ["CREATE TYPE v7_mood AS ENUM ('calm')", "DROP TYPE v7_mood"],
  ["CREATE TABLE v7_place (id integer)", "DROP TABLE v7_place"],
  ["CREATE POLICY v7_p ON app USING (true)", "DROP POLICY v7_p ON app"],
  ["ALTER TABLE app ADD CONSTRAINT v7_c CHECK (id > 0)", "ALTER TABLE app DROP CONSTRAINT v7_c"],
  ["COMMENT ON TABLE app IS 'ours'", "COMMENT ON TABLE app IS NULL"],
  ["ALTER TABLE app ENABLE ROW LEVEL SECURITY", "ALTER TABLE app DISABLE ROW LEVEL SECURITY"],
  [
    "ALTER TABLE app ALTER note SET DEFAULT 'x', ALTER note SET NOT NULL",
    "ALTER TABLE app ALTER note DROP DEFAULT, ALTER note DROP NOT NULL",
  ],
  ["GRANT SELECT ON app TO v7_reader", "REVOKE SELECT ON app FROM v7_reader"],
  [
    "DROP VIEW app_old",
    "CREATE VIEW app_old AS SELECT 1 AS one; REVOKE ALL ON app_old FROM anon, authenticated, service_role",
  ],
];

/** The same in the database already, made by others and otherwise. */
const OTHERWISE = `
CREATE FUNCTION v7_f() RETURNS integer LANGUAGE sql AS 'SELECT 2';
CREATE TRIGGER v7_t BEFORE INSERT ON app ${REDUNDANT};
CREATE RULE v7_r AS ON INSERT TO app DO ALSO NOTIFY y;
CREATE SEQUENCE v7_s START 100;
CREATE DOMAIN v7_mood AS text;
CREATE VIEW v7_place AS SELECT 1 AS one;
CREATE POLICY v7_p ON app USING (false);
ALTER TABLE app ADD CONSTRAINT v7_c CHECK (id > 1);
COMMENT ON TABLE app IS 'theirs';
ALTER TABLE app ENABLE ROW LEVEL SECURITY;
ALTER TABLE app ALTER note SET DEFAULT 'y', ALTER note SET NOT NULL;
GRANT SELECT ON app TO v7_reader;
CREATE OR REPLACE VIEW app_old AS SELECT 2 AS one;
`;

const DEFINITION = "SELECT pg_get_functiondef('v7_f'::regproc) LIKE '%SELECT 2%' AS theirs";

describe.each(MAJORS)("what is in the database before a directive, on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major }, removeCopies);
  let folder: string;

  beforeAll(async () => {
    const sql = STATEMENTS.map(([statement]) => statement);
    const inverse = STATEMENTS.map(([, one]) => one)
      .reverse()
      .join(";\n");
    folder = await laterDirective(APPLICATION, [{ sql, inverse }]);
    await lockLater(folder, major);
  });

  async function prepared(): Promise<{ client: Client; request: TestRequest }> {
    const { database } = await carriedOut(server(), SQL_FOLDER, APPLICATION);
    return { client: await database.connect(), request: await applyRequest(database, folder) };
  }

  it("is named by the plan where the directive was locked without it, whatever its kind, and is neither replaced nor lost", async () => {
    const { client, request } = await prepared();
    await client.query(OTHERWISE);
    const { obstacles } = await withConnection(request.connection, (one) =>
      preparePlan(one, request),
    );
    expect(obstacles.map(({ found }) => found)).toStrictEqual([
      "constraint public.app.v7_c, function public.v7_f(), policy public.app.v7_p, relation public.v7_place, rule public.app.v7_r, sequence public.v7_s, trigger public.app.v7_t, type public.v7_mood: there already, and the history does not know of them",
      "column public.app.note: not as where the directive was locked (default: nothing -> 'y'::text; notNull: nothing -> true)",
      'table public.app: not as where the directive was locked (comment: nothing -> theirs; privileges: nothing -> ["v7_reader=SELECT"]; rowSecurity: nothing -> true)',
      "view public.app_old: not as where the directive was locked (definition: SELECT 1 AS one; -> SELECT 2 AS one;)",
    ]);
    expect(await faultOf(() => applyDirective(request))).toMatchObject({ code: "PRECHECK_FAILED" });
    expect((await client.query(DEFINITION)).rows).toStrictEqual([{ theirs: true }]);
  });

  it("is no obstacle if it is as the directive was locked", async () => {
    const { request } = await prepared();
    expect((await applyDirective(request)).executed).toHaveLength(1);
    expect((await rollbackDirective({ ...request, to: "ad_005" })).undone).toHaveLength(1);
  });
});
