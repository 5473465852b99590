import type { Command } from "commander";
import { hasLocalStack, removeLogs } from "../../engine/localState";
import { elapsed, say } from "../../engine/progress";
import { fault } from "../../runner/base/fault";
import { printJson } from "../print";
import { jsonOption } from "../stack";
import { chosenBranch } from "./git";
import { withBranch } from "./lock";
import { stackNameOf } from "./name";
import { branchOption } from "./options";
import { localRecords } from "./record";
import { removeBranch } from "./remove";
import { removeSettings } from "./settings";
import { hasStack, isOwnState, openBranches, type Branches } from "./workspace";

interface DownOptions {
  readonly branch?: string;
  readonly json?: true;
}

const HELP = `
Its data goes with it, and does not come back. A stack that npx v7 branch up did not make, and a
database that is protected, are refused. Where there is nothing, nothing happens.

Exit codes:
  0  it is gone, or was not there
  1  a fault that the message names; what is left is removed by the next run

Examples:
  npx v7 branch down
  npx v7 branch down --branch feature/login
`;

/** `v7 branch down`: removes the branch's stack, state, server and files. */
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

/** In a state of this checkout's own nothing needs to be prepared to see that there is nothing. */
async function mayBeThere(stack: string): Promise<boolean> {
  return !isOwnState() || hasLocalStack(stack) || (await localRecords.read(stack)) !== undefined;
}

/** Whether there was something to remove. */
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
  // Of a stack that was taken down on another machine.
  removeSettings(stack);
  removeLogs(stack);
  return false;
}
