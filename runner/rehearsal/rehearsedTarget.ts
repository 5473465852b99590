import { definedObjects } from "../catalog/definedObjects";
import { fittingSteps } from "../catalog/lockedChange";
import { stepKey } from "../directive/directive";
import { hasNotRun } from "../history/begunSteps";
import { appliedSteps } from "../history/history";
import type { PlanAction, Step } from "../model";
import type { PlanRequest, PreparedPlan } from "../plan/plan";
import { preparePlan, prepareRollback } from "../plan/preparePlan";
import { withConnection } from "../postgres/connection";
import type { Bounds } from "./bounds";
import { takeEffectiveAccess } from "./effectiveAccess";
import type { EffectiveAccess } from "./model";
import { readSurroundings } from "./surroundings";
import type { Surroundings } from "./surroundingsModel";

export interface RehearseRequest extends PlanRequest {
  /** Default: apply. */
  readonly action?: Extract<PlanAction, "apply" | "rollback">;
  /** The maximum of rows that a table of others is given. Default: a million. */
  readonly maxRows?: number;
  /** Default: {@link BOUNDS}. */
  readonly bounds?: Bounds;
  readonly onProgress?: (message: string) => void;
}

/** What was read from the target, in one read-only transaction. */
export interface RehearsedTarget {
  readonly prepared: PreparedPlan;
  readonly surroundings: Surroundings;
  readonly access: readonly EffectiveAccess[];
}

/** Reads the target, and nothing more: in one read-only transaction. */
export async function readTarget(request: RehearseRequest): Promise<RehearsedTarget> {
  const look = request.action === "rollback" ? prepareRollback : preparePlan;
  return await withConnection(
    request.connection,
    async (client) => {
      await client.query("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
      try {
        const prepared = await look(client, request);
        const steps = fittingSteps(request.allSteps);
        return {
          prepared,
          surroundings: await readSurroundings(client, {
            steps,
            applied: ranSteps(request, prepared),
            undone: request.action === "rollback" ? prepared.pending : [],
          }),
          access: await takeEffectiveAccess(client, definedObjects(steps), request.access),
        };
      } finally {
        await client.query("ROLLBACK");
      }
    },
    { applicationName: "v7 rehearse" },
  );
}

/** The steps that the target has already, and those that an earlier run began. */
export function formerSteps(request: RehearseRequest, prepared: PreparedPlan): readonly Step[] {
  const ran = ranSteps(request, prepared);
  return request.allSteps.filter(
    (step) => ran.includes(step) || prepared.unfinished.includes(step),
  );
}

/** The steps that have run on the target. */
function ranSteps({ allSteps }: RehearseRequest, { history }: PreparedPlan): readonly Step[] {
  const applied = appliedSteps(history);
  return allSteps.filter((step) => {
    const row = applied.get(stepKey(step));
    return row !== undefined && !hasNotRun(step, row);
  });
}
