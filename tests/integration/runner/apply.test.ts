import { readFileSync } from "node:fs";
import { join } from "node:path";
import { applyDirective } from "../../../runner/actions/apply";
import { definedObjects } from "../../../runner/catalog/definedObjects";
import { expectedSnapshot, fingerprintOf } from "../../../runner/catalog/snapshot";
import { accessDigest } from "../../../runner/directive/accessMatrix";
import { readHistory } from "../../../runner/history/history";
import { withConnection } from "../../../runner/postgres/connection";
import { applied, applyRequest, SQL_FOLDER } from "../../support/directive";
import { fingerprintNow } from "../../support/drift";
import { serverOfFile } from "../../support/postgres";

const ARTICLE_3 = readFileSync(join(SQL_FOLDER, "ad_005", "directive.sql"), "utf8");

describe.each([15, 16, 17, 18] as const)("applying ad_005 on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major, logStatements: true });

  it("runs every step on a Supabase-shaped database as a login without superuser", async () => {
    const request = await applyRequest(await server().createDatabase({ shape: "supabase" }));
    const result = await applyDirective(request);
    expect(result.executed.map(({ step }) => step.id)).toStrictEqual(
      request.steps.map(({ id }) => id),
    );
    const expected = await withConnection(request.connection, (client) =>
      expectedSnapshot(client, request.steps),
    );
    expect(await fingerprintNow(request)).toBe(fingerprintOf(expected));
  });

  it("changes nothing when run again", async () => {
    const request = await applyRequest(await server().createDatabase({ shape: "supabase" }));
    const first = await applyDirective(request);
    const second = await applyDirective(request);
    const { revoked, ...same } = first;
    expect(revoked).toStrictEqual([]);
    expect(second).toStrictEqual({ ...same, executed: [], locks: [] });
    expect(first.locks.map(({ relation, mode }) => [relation, mode])).toContainEqual([
      "public.file_audit",
      "ACCESS EXCLUSIVE",
    ]);
  });

  it("sends the directive's bytes to the server, complete and in order", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const before = server().serverLog().length;
    await applyDirective(await applyRequest(database));
    const statements = loggedStatements(server().serverLog().slice(before));
    // The slices of the sections are adjacent once the amendments between them are left out.
    const sections = statements.filter(
      (statement) => ARTICLE_3.includes(statement) && statement.length > 40,
    );
    expect(sections.join("")).toBe(ARTICLE_3);
  });

  it("leaves PUBLIC and the Data API's roles without privileges", async () => {
    const { request, client } = await applied(server());
    const { rows } = await client.query<{ table: string; role: string }>(
      `SELECT c.relname AS table, r.rolname AS role
         FROM pg_class c, pg_roles r
        WHERE c.relname = ANY ($1) AND r.rolname IN ('anon', 'authenticated', 'service_role')
          AND has_table_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')`,
      [[...definedObjects(request.steps).tables.map(({ name }) => name), "v7_migration_dashboard"]],
    );
    expect(rows).toStrictEqual([]);
  });

  it("records each step and the access matrix in a valid history", async () => {
    const request = await applyRequest(await server().createDatabase({ shape: "supabase" }));
    const { planDigest, historyHead } = await applyDirective(request);
    const history = await withConnection(request.connection, readHistory);
    expect(history.map(({ stepId, stepSha256 }) => [stepId, stepSha256])).toStrictEqual([
      ...request.steps.map(({ id, sha256 }) => [id, sha256]),
      ["access", accessDigest(request)],
    ]);
    expect(new Set(history.map((row) => row.planDigest))).toStrictEqual(new Set([planDigest]));
    expect(history.at(-1)?.digest).toBe(historyHead);
    expect(new Set(history.map((row) => row.appliedBy))).toStrictEqual(new Set(["postgres"]));
  });

  it("also works as a superuser on a database without Supabase's roles", async () => {
    const database = await server().createDatabase({ shape: "empty" });
    const client = await database.connect();
    await client.query("CREATE TABLE file_audit (id bigint PRIMARY KEY)");
    const request = await applyRequest(database);
    await applyDirective(request);
    const expected = await withConnection(request.connection, (client) =>
      expectedSnapshot(client, request.steps),
    );
    expect(await fingerprintNow(request)).toBe(fingerprintOf(expected));
  });
});

/** The statements of a log written with log_statement = all, whose line prefix is before each entry. */
function loggedStatements(log: string): string[] {
  const statements: string[] = [];
  for (const line of log.split(/(?<=\n)/)) {
    const start = /^\d{4}-\d\d-\d\d .*?LOG: {2}(?:statement|execute [^:]+): (.*\n)$/s.exec(line);
    if (start !== null) {
      statements.push(start[1] ?? "");
    } else if (line.startsWith("\t") && statements.length > 0) {
      // The server indents what follows a line end inside one entry.
      statements.push((statements.pop() ?? "") + line.slice(1));
    }
  }
  // The entry's own line end is the log's, not the statement's.
  return statements.map((statement) => statement.replace(/\n$/, ""));
}
