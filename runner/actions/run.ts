import type { Client } from "pg";
import { definedObjects, tablesOf } from "../catalog/definedObjects";
import { fittingSteps } from "../catalog/lockedChange";
import type { Authorization } from "../model";
import type { PlanRequest, PreparedPlan } from "../plan/plan";
import { refuseObstacles } from "../plan/stoppingObstacles";
import type { MigrationSessionOptions } from "../postgres/lockedSession";

/** The request of every action that runs a plan. */
export interface RunRequest
  extends PlanRequest, Omit<MigrationSessionOptions, "applicationName" | "tables"> {
  /**
   * Decides, under the runner's lock and in the transaction, whether the plan may run.
   *
   * @throws APPROVAL_REQUIRED and its relatives
   */
  readonly authorize: (prepared: PreparedPlan, client: Client) => Promise<Authorization>;
}

/** The session of a run that may lock any table of the directives. */
export function sessionOf(request: RunRequest, applicationName: string): MigrationSessionOptions {
  const tables = tablesOf(definedObjects(fittingSteps(request.allSteps)));
  return { ...request, tables, applicationName };
}

/**
 * Refuses a plan with obstacles that stop a run, then has it authorized.
 *
 * @throws PRECHECK_FAILED naming every obstacle, and what authorizing throws
 */
export async function allowRun(
  client: Client,
  request: Pick<RunRequest, "authorize" | "connection">,
  prepared: PreparedPlan,
): Promise<Authorization> {
  refuseObstacles(prepared.obstacles, "PRECHECK_FAILED", {
    what: `checking database "${request.connection.databaseName}" for the directives`,
    remedy: "Nothing was changed. Clear them all and run again",
  });
  return await request.authorize(prepared, client);
}
