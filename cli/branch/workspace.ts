import { createRequire } from "node:module";
import type * as Automation from "@pulumi/pulumi/automation";
import type { LocalWorkspace, Stack } from "@pulumi/pulumi/automation";
import { run } from "../../engine/command";
import { ownVariables } from "../../engine/environment";
import { hasLocalStack, isLocalState } from "../../engine/localState";
import { CHECKOUT } from "../../engine/paths";
import { preparedEngine, prepareEngine } from "../../engine/prepare";
import { fault } from "../../runner/base/fault";
import { localRecords, type BranchRecords } from "./record";
import { sharedRecords } from "./sharedRecords";

/** Pulumi's Automation API on this checkout's program, with this project's engine, and where the branches are recorded. */
export interface Branches {
  readonly workspace: LocalWorkspace;
  readonly records: BranchRecords;
  /** Whether the state is in this checkout; else V7_BACKEND_URL says where. */
  readonly isLocal: boolean;
}

/**
 * Opens the workspace; prepares the engine where that was not done yet.
 *
 * @throws ENGINE_MISSING, PLUGIN_MISSING
 */
export async function openBranches(): Promise<Branches> {
  const { environment } = await prepareEngine();
  const variables = Object.entries(environment).filter(([, value]) => value !== undefined);
  // PulumiCommand looks for `pulumi` on this process's own PATH, and gives its environment to it.
  Object.assign(process.env, Object.fromEntries(variables));
  const { LocalWorkspace, PulumiCommand } = loadAutomation();
  const workspace = await LocalWorkspace.create({
    workDir: CHECKOUT,
    pulumiCommand: await PulumiCommand.get({ skipVersionCheck: true }),
  });
  keepSelection(workspace);
  const isLocal = isOwnState();
  return { workspace, isLocal, records: isLocal ? localRecords : sharedRecords(workspace) };
}

/**
 * Lets the stack that `pulumi` takes without --stack be the one that the user selected: every command here names its own.
 * Of many branches at once none waits for the file that holds the selection, either.
 */
function keepSelection(workspace: LocalWorkspace): void {
  workspace.selectStack = () => Promise.resolve();
  workspace.createStack = async (name) => {
    const args = ["stack", "init", name, "--no-select", "--non-interactive"];
    const { code, errors } = await run("pulumi", args, { folder: CHECKOUT });
    if (code !== 0) {
      throw fault("BRANCH_FAILED", {
        what: `making stack "${name}"`,
        found: errors.trim().replace(/^error: /, ""),
        remedy: "Read Pulumi's message, correct its cause and run the command again",
      });
    }
  };
}

/** The records alone: where they are in this checkout, nothing is prepared or started for them. */
export async function openRecords(): Promise<BranchRecords> {
  return isOwnState() ? localRecords : (await openBranches()).records;
}

/** Whether the stacks' state is in this checkout. */
export function isOwnState(): boolean {
  return isLocalState(preparedEngine()?.environment ?? ownVariables());
}

/** The stack of that name, made where it is not there. */
export async function openStack(branches: Branches, name: string): Promise<Stack> {
  const { Stack: Stacks } = loadAutomation();
  const { workspace } = branches;
  return (await hasStack(branches, name))
    ? Stacks.select(name, workspace)
    : Stacks.create(name, workspace);
}

/** Whether the state has a stack of that name. */
export async function hasStack({ workspace, isLocal }: Branches, stack: string): Promise<boolean> {
  return isLocal
    ? hasLocalStack(stack)
    : (await workspace.listStacks()).some(({ name }) => name === stack);
}

/** Loaded where it is needed only: it takes half a second, and most verbs do without. */
function loadAutomation(): typeof Automation {
  return createRequire(__filename)("@pulumi/pulumi/automation") as typeof Automation;
}
