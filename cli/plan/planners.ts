import type { ClientBase } from "pg";
import { prepareAdopt } from "../../runner/actions/adopt";
import { prepareRepair, type PreparedRepair } from "../../runner/actions/repair";
import { prepareRestore } from "../../runner/actions/restore";
import { prepareTrust } from "../../runner/actions/trust";
import type { PlanAction } from "../../runner/model";
import { lastingLockObstacles } from "../../runner/plan/obstacles/sessions";
import type { PreparedPlan } from "../../runner/plan/plan";
import { preparePlan, prepareRollback } from "../../runner/plan/preparePlan";
import { refuseTransactionPooler, withConnection } from "../../runner/postgres/connection";
import type { StackRequest } from "../request";
import { readTrust, type TrustOptions } from "../trust";

/** The options of `v7 plan` that single actions need. */
export interface PlannerOptions extends TrustOptions {
  readonly action: PlanAction;
  /** Of the action rollback: the last directive that stays applied. Default: none. */
  readonly to?: string;
  /** Of the action restore: which archive. Default: the newest. */
  readonly archive?: string;
}

type Planner = (
  client: ClientBase,
  request: StackRequest["request"],
  options: PlannerOptions,
  settings: StackRequest["settings"],
) => Promise<PreparedPlan | PreparedRepair>;

/** By action, the function that makes its plan. */
const PLANNERS: Readonly<Record<PlanAction, Planner>> = {
  apply: preparePlan,
  rollback: prepareRollback,
  repair: (client, request) => prepareRepair(client, request),
  adopt: prepareAdopt,
  restore: (client, request, { archive }) =>
    prepareRestore(client, archive === undefined ? request : { ...request, archive }),
  trust: (client, request, options, settings) =>
    prepareTrust(client, {
      ...request,
      trust: readTrust(options, settings),
      vouch: options.vouch === true,
    }),
};

/** Actions that lock tables in which people work. An apply's own plan already names long transactions as obstacles. */
const LOCKING: ReadonlySet<PlanAction> = new Set(["rollback", "repair", "restore"]);

/** The values of `--action`. */
export const ACTIONS: readonly PlanAction[] = Object.keys(PLANNERS) as PlanAction[];

/** Makes the plan of an action for the stack's live database. Reads only. */
export async function prepareAction(
  { request, settings }: StackRequest,
  options: PlannerOptions,
): Promise<PreparedPlan | PreparedRepair> {
  return await withConnection(
    request.connection,
    async (client) => {
      await refuseTransactionPooler(client, request.connection);
      const prepared = await PLANNERS[options.action](client, request, options, settings);
      if (prepared.plan === undefined || !LOCKING.has(options.action)) {
        return prepared;
      }
      const locks = await lastingLockObstacles(client, prepared.objects);
      return { ...prepared, obstacles: [...prepared.obstacles, ...locks] };
    },
    { applicationName: "v7 plan" },
  );
}
