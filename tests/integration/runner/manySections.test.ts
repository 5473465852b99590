import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyDirective } from "../../../runner/actions/apply";
import { readHistory } from "../../../runner/history/history";
import { applyRequest } from "../../support/directive";
import { manySections, manyStatements } from "../../support/manySections";
import { serverOfFile } from "../../support/postgres";

/** More than are sent to the server at a time, and more than the history takes in one statement. */
const MANY = 600;

const folder = mkdtempSync(join(tmpdir(), "v7-many-"));
const server = serverOfFile({ major: 17, logStatements: true }, () => {
  rmSync(folder, { recursive: true });
});

it("a directive of 600 sections runs each one in order, with a row of history each, and opens no table", async () => {
  await manySections(MANY, folder);
  const database = await server().createDatabase({ shape: "supabase", unprotected: true });
  const before = server().serverLog().length;
  const request = await applyRequest(database, folder);
  const { executed, revoked } = await applyDirective(request);
  const log = server().serverLog().slice(before);
  expect(executed).toHaveLength(MANY + 1);
  expect(
    [...log.matchAll(/statement: \n?\s*(CREATE TABLE public\.many_.*;)$/gm)].map(([, sql]) => sql),
  ).toStrictEqual(manyStatements(MANY));

  const client = await database.connect();
  const history = await readHistory(client);
  expect(history.map(({ stepId }) => stepId)).toStrictEqual([
    ...request.steps.map(({ id }) => id),
    "access",
  ]);
  expect(revoked).toContain('ALL ON TABLE "public"."many_600" FROM anon');
  expect(log.match(/statement: REVOKE/g)?.length).toBeLessThan(10);
  const { rows } = await client.query(
    `SELECT relname FROM pg_class WHERE relname LIKE 'many\\_%' AND relkind = 'r'
        AND has_table_privilege('anon', oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')`,
  );
  expect(rows).toStrictEqual([]);
  expect((await applyDirective(request)).executed).toStrictEqual([]);
});
