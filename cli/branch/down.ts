import type { Command } from "commander";
import { hasLocalStack, removeLogs } from "../../engine/localState";
import { elapsed, say } from "../../engine/progress";
import { fault } from "../../runner/base/fault";
import { branchOption, jsonOption } from "../options";
import { printJson } from "../print";
import { chosenBranch } from "./git";
import { stackNameOf } from "./name";
import { localRecords, withBranch } from "./record";
import { removeBranch } from "./remove";
import { removeSettings } from "./settings";
import { hasStack, isOwnState, openBranches, type Branches } from "./workspace";

interface DownOptions {
  readonly branch?: string;
  readonly json?: true;
}

const HELP = `
Removes the data for ever. Refuses a stack that npx v7 branch up did not make, and a protected
database. Does nothing where the branch has no database.

Exit codes:
  0  removed, or the branch had no database
  1  a fault that the message names; the next run removes the rest

Examples:
  npx v7 branch down
  npx v7 branch down --branch feature/login
`;

export function addDown(branch: Command): void {
  branch
    .command("down")
    .description("remove the branch's database: stack, state, server and files")
    .addOption(branchOption())
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(down);
}

async function down({ branch: named, json }: DownOptions): Promise<void> {
  const began = Date.now();
  const branch = await chosenBranch(named);
  const stack = stackNameOf(branch);
  const isRemoved =
    (await mayBeThere(stack)) &&
    (await withBranch(stack, async () => removeIfThere(await openBranches(), branch, stack)));
  if (json === true) {
    printJson({ branch, stack, removed: isRemoved });
  } else {
    say(
      isRemoved
        ? `branch ${branch}: stack ${stack} is gone, ${elapsed(Date.now() - began)}`
        : `branch ${branch} has no database`,
    );
  }
}

/** Whether the stack may exist. For a state in this checkout this needs no engine. */
async function mayBeThere(stack: string): Promise<boolean> {
  return !isOwnState() || hasLocalStack(stack) || (await localRecords.read(stack)) !== undefined;
}

/** Removes the branch's stack; returns whether there was one. */
async function removeIfThere(branches: Branches, branch: string, stack: string): Promise<boolean> {
  const record = await branches.records.read(stack);
  if (record !== undefined) {
    await removeBranch(branches, { ...record, branch });
    return true;
  }
  if (await hasStack(branches, stack)) {
    throw fault("BRANCH_REFUSED", {
      what: `removing the database of branch "${branch}"`,
      found: `a stack "${stack}" that npx v7 branch did not make`,
      remedy: `Remove it by hand: npm stop -- --destroy --stack ${stack}`,
    });
  }
  // Left here where the stack was removed on another machine.
  removeSettings(stack);
  removeLogs(stack);
  return false;
}
