import type { ClientBase } from "pg";
import { prepareAdopt } from "../runner/actions/adopt";
import { prepareRepair, type PreparedRepair } from "../runner/actions/repair";
import { prepareRestore } from "../runner/actions/restore";
import { prepareTrust } from "../runner/actions/trust";
import type { PlanAction } from "../runner/model";
import { lastingLockObstacles } from "../runner/plan/obstacles/sessions";
import type { PreparedPlan } from "../runner/plan/plan";
import { preparePlan, prepareRollback } from "../runner/plan/preparePlan";
import { refuseTransactionPooler, withConnection } from "../runner/postgres/connection";
import type { StackRequest } from "./request";
import { readTrust, type TrustOptions } from "./trust";

/** What the actions need beside the stack. */
export interface PlannerOptions extends TrustOptions {
  readonly action: PlanAction;
  /** Of the action rollback: the directive that stays, with all before it. Default: none stays. */
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

/** By action, what says what would run. */
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

/** The actions that lock tables of ours in which people work. An apply's own plan shows who would be in its way. */
const LOCKING: ReadonlySet<PlanAction> = new Set(["rollback", "repair", "restore"]);

/** The actions, as `--action` takes them. */
export const ACTIONS: readonly PlanAction[] = Object.keys(PLANNERS) as PlanAction[];

/** Makes the plan of that action on the stack's live database. Reads only. */
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
