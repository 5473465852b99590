import type { Client } from "pg";
import { authorize } from "../runner/approval/authorize";
import type { Authorization } from "../runner/model";
import type { PreparedPlan } from "../runner/plan/plan";
import { print } from "./print";
import { readStackRequest, type StackRequest } from "./request";

/** What the runner's functions ask for, with the gate that every one of them goes through, and progress as it goes. */
export interface RunRequest {
  readonly lockTimeoutSeconds: number;
  readonly statementTimeoutSeconds: number;
  readonly authorize: (prepared: PreparedPlan, client: Client) => Promise<Authorization>;
  readonly onProgress: (message: string) => void;
}

/**
 * Reads a stack's request for a verb that changes its database: the approvals are judged where it runs, in the
 * transaction, as they are for `pulumi up`.
 *
 * @param isQuiet whether to leave out the progress: where the output is JSON
 */
export async function readRunRequest(
  stack: string,
  isQuiet: boolean,
): Promise<StackRequest["request"] & RunRequest> {
  const { request, rules, settings } = await readStackRequest(stack);
  return {
    ...request,
    lockTimeoutSeconds: settings.lockTimeoutSeconds,
    statementTimeoutSeconds: settings.statementTimeoutSeconds,
    authorize: (prepared, client) => authorize(prepared, client, rules),
    onProgress: (message) => {
      if (!isQuiet) {
        print(message);
      }
    },
  };
}
