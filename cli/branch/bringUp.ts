import { recoverLocalStack } from "../../engine/localState";
import { ensureDockerPlugin } from "../../engine/plugins";
import { say } from "../../engine/progress";
import { databaseOf } from "../../engine/settingsFile";
import { upWithPolicies } from "../../engine/start";
import { fault } from "../../runner/base/fault";
import { readOutputs, type StackOutputs } from "../stack";
import { stackNameOf } from "./name";
import { changeStack } from "./pulumi";
import type { BranchRecord } from "./record";
import { removeBranch } from "./remove";
import { ownerOfSettings, writeSettings } from "./settings";
import { hasStack, type Branches } from "./workspace";

export interface BroughtUp extends StackOutputs {
  readonly record: BranchRecord;
}

/**
 * Makes the branch's stack, or brings it up to date, by `pulumi up` with the policy pack. Repairs what a killed run left; a
 * stack whose creation was interrupted is removed and made anew.
 *
 * @param ttlDays the time to live from now; default: the recorded one
 * @param fill gives the stack its data, atomically, after the stack is recorded as ready
 * @throws BRANCH_REFUSED, BRANCH_FAILED, BRANCH_BUSY, PLUGIN_MISSING
 */
export async function bringUp(
  branches: Branches,
  branch: string,
  ttlDays: number | undefined,
  fill: (stack: string) => Promise<void>,
): Promise<BroughtUp> {
  const stack = stackNameOf(branch);
  const { pulumi, records, isLocal } = branches;
  const wasKilled = isLocal && (await recoverLocalStack(stack));
  const found = await usableRecord(branches, branch, stack);
  const now = new Date().toISOString();
  const record: BranchRecord = {
    ...(found ?? { branch, stack, state: "making", madeAt: now }),
    usedAt: now,
    ttlDays: ttlDays ?? found?.ttlDays ?? DEFAULT_TTL_DAYS,
  };
  await records.write(record);
  writeSettings(branch, stack);
  if (databaseOf(stack) === "docker") {
    await ensureDockerPlugin(process.env);
  }
  if (!(await hasStack(branches, stack))) {
    await pulumi(["stack", "init", stack, "--no-select"]);
  }
  // In a shared state the record is stored as tags of the stack, which exists only now.
  if (!isLocal && found === undefined) {
    await records.write(record);
  }
  await runUp(branches, stack, wasKilled && found !== undefined);
  const ready: BranchRecord = { ...record, state: "ready" };
  await records.write(ready);
  await fill(stack);
  return { record: ready, ...(await readOutputs(stack)) };
}

/** Longer than most branches live. */
export const DEFAULT_TTL_DAYS = 14;

/** The record of a stack that was made completely; undefined where the stack must be made. */
async function usableRecord(
  branches: Branches,
  branch: string,
  stack: string,
): Promise<BranchRecord | undefined> {
  const found = await branches.records.read(stack);
  if (found?.state === "ready") {
    return found;
  }
  if (found !== undefined) {
    say(`removing what an interrupted run left of stack ${stack}`);
    await removeBranch(branches, found);
    return undefined;
  }
  if (ownerOfSettings(stack) === "another's" || (await hasStack(branches, stack))) {
    throw fault("BRANCH_REFUSED", {
      what: `making a database for branch "${branch}"`,
      found: `a stack or a settings file "${stack}" that npx v7 branch did not make`,
      remedy: `Use it as it is (--stack ${stack}), or remove it: npm stop -- --destroy --stack ${stack}, then its settings file`,
    });
  }
  return undefined;
}

async function runUp({ engine }: Branches, stack: string, mustMend: boolean): Promise<void> {
  const failure = {
    what: `bringing stack "${stack}" up`,
    remedy: "See below; put it right and run this again",
  };
  await changeStack(engine, stack, `pulumi up on stack ${stack}`, failure, async (pulumi) => {
    if (!mustMend) {
      return upWithPolicies(stack, pulumi);
    }
    say("the last run was killed: reading the state again");
    const refresh = ["refresh", "--clear-pending-creates", "--yes", "--skip-preview"];
    return (await pulumi([...refresh, "--stack", stack])) || upWithPolicies(stack, pulumi);
  });
}
