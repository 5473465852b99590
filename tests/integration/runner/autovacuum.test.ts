import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { definedObjects } from "../../../runner/catalog/definedObjects";
import { lastingLockObstacles } from "../../../runner/plan/obstacles/sessions";
import { applyRequest } from "../../support/directive";
import { serverOfFile } from "../../support/postgres";
import { until } from "../../support/until";

/** A worker that looks every second, and takes minutes for a few pages. */
const SLOW = {
  autovacuum_naptime: "1s",
  autovacuum_vacuum_cost_delay: "100ms",
  autovacuum_vacuum_cost_limit: "1",
};

const server = serverOfFile({ major: 17, settings: SLOW });

it("autovacuum on a directive's table is no obstacle, because it ends when a run waits for its lock", async () => {
  const database = await server().createDatabase({ shape: "supabase", unprotected: true });
  const request = await applyRequest(database);
  await applyDirective(request);
  const client = await database.connect();
  await client.query(
    `INSERT INTO v7_test_results (test_type, component_tested, test_status) SELECT 'unit', 'x', 'pass' FROM generate_series(1, 20000);
     UPDATE v7_test_results SET component_tested = 'y'`,
  );
  const worker = "SELECT 1 FROM pg_stat_progress_vacuum WHERE relid = 'v7_test_results'::regclass";
  await until(async () => (await client.query(worker)).rowCount === 1);
  expect(await lastingLockObstacles(client, definedObjects(request.allSteps))).toStrictEqual([]);
  expect((await client.query(worker)).rowCount).toBe(1);
  const { archived } = await rollbackDirective(request);
  expect(archived.map(({ from, rows }) => [from, rows])).toContainEqual([
    "public.v7_test_results",
    20_000,
  ]);
});
