import type { KnownHead } from "../../history/knownHead";
import type { PreparedPlan } from "../../plan/plan";
import { preparePlan } from "../../plan/preparePlan";
import { withConnection } from "../../postgres/connection";
import { readRequest } from "../../requests/directiveRequest";
import { UNKNOWN, type Context, type DiffResult, type Properties } from "../resourceType";
import { changesBetween, unlessUnreachable } from "../rpc/responses";
export { DIRECTIVE_INPUTS, readRequest, readRules } from "../../requests/directiveRequest";

/** Whether everything that a connection needs is known; in the first preview of an embedded server it is not. */
export function isTargetKnown(inputs: Properties): boolean {
  return ["host", "port", "databaseName", "user", "password"].every(
    (name) => inputs[name] !== UNKNOWN,
  );
}

/** What would run on the live target. Reads only. */
export async function preparePending(
  inputs: Properties,
  knownHead?: KnownHead,
): Promise<PreparedPlan> {
  const { request } = await readRequest(inputs);
  return await withConnection(request.connection, (client) =>
    preparePlan(client, { ...request, knownHead }),
  );
}

/** An update is due where an input differs, or where the live target lacks something, whatever the state says. */
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
