import type { ClientBase } from "pg";
import { authorize } from "../../approval/authorize";
import type { KnownHead } from "../../history/knownHead";
import type { PreparedPlan } from "../../plan/plan";
import { preparePlan } from "../../plan/preparePlan";
import { withConnection } from "../../postgres/connection";
import { readRequest, readRules } from "../../requests/directiveRequest";
import { UNKNOWN } from "../../requests/inputShape";
import type { Context, DiffResult, Properties } from "../resourceType";
import { changesBetween, unlessUnreachable } from "../rpc/responses";

/** Whether the inputs of the connection are known; in the first preview of an embedded server they are not. */
export function isTargetKnown(inputs: Properties): boolean {
  return ["host", "port", "databaseName", "user", "password"].every(
    (name) => inputs[name] !== UNKNOWN,
  );
}

/** The history's last row by a resource's state; undefined where the state has none. */
export function recordedHead({ historyHead, database }: Properties): KnownHead | undefined {
  if (typeof historyHead !== "string" || !/^[0-9a-f]{64}$/.test(historyHead)) {
    return undefined;
  }
  return { digest: historyHead, ...(typeof database === "string" ? { database } : {}) };
}

/** The request of an action for a resource with these inputs, authorized by the stack's rules. */
export async function actionRequest(inputs: Properties, context: Context, knownHead?: KnownHead) {
  const { request, inputs: typed } = await readRequest(inputs);
  const rules = readRules(inputs);
  return {
    ...request,
    knownHead,
    lockTimeoutSeconds: typed.lockTimeout,
    statementTimeoutSeconds: typed.statementTimeout,
    authorize: (prepared: PreparedPlan, client: ClientBase) => authorize(prepared, client, rules),
    onProgress: context.status,
  };
}

/** The plan of what would run on the live target. Changes nothing. */
export async function preparePending(
  inputs: Properties,
  knownHead?: KnownHead,
): Promise<PreparedPlan> {
  const { request } = await readRequest(inputs);
  return await withConnection(request.connection, (client) =>
    preparePlan(client, { ...request, knownHead }),
  );
}

/** The diff: an update is due where an input differs, or where something is pending on the live target. */
export async function diffPending(
  oldInputs: Properties,
  newInputs: Properties,
  context: Context,
  knownHead?: KnownHead,
): Promise<DiffResult> {
  const changes = changesBetween(oldInputs, newInputs);
  if (Object.keys(changes).length > 0 || !isTargetKnown(newInputs)) {
    return { changes };
  }
  const prepared = await unlessUnreachable(() => preparePending(newInputs, knownHead), context);
  const isDue = prepared?.digest !== undefined || (prepared?.unfinished.length ?? 0) > 0;
  return { changes: isDue ? { planDigest: "update" } : {} };
}
