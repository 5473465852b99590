import type { RunRequest } from "../../actions/run";
import { authorize } from "../../approval/authorize";
import type { Context, Properties } from "../resourceType";
import { readRequest, readRules } from "./directiveInputs";
import { recordedHead } from "./recordedHead";

/** The rollback that the removal of a resource with these inputs asks for, under the stack's own rules. */
export async function rollbackRequest(
  inputs: Properties,
  outputs: Properties,
  context: Context,
): Promise<RunRequest> {
  const { request, inputs: typed } = await readRequest(inputs);
  return {
    ...request,
    knownHead: recordedHead(outputs),
    lockTimeoutSeconds: typed.lockTimeout,
    statementTimeoutSeconds: typed.statementTimeout,
    authorize: (prepared, client) => authorize(prepared, client, readRules(inputs)),
    onProgress: (message) => {
      context.status(message);
    },
  };
}
