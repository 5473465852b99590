import { join } from "node:path";
import { run } from "../../engine/command";
import { ownVariables } from "../../engine/environment";
import { hasLocalStack, isLocalState } from "../../engine/localState";
import { CHECKOUT } from "../../engine/paths";
import { preparedEngine, prepareEngine } from "../../engine/prepare";
import { fault } from "../../runner/base/fault";
import { localRecords, type BranchRecords } from "./record";
import { listStacks, sharedRecords } from "./sharedRecords";

/**
 * Runs `pulumi` with these words in the checkout, and gives what it printed. Every command here names its own stack: the
 * one that `pulumi` takes without --stack stays the one that the user selected.
 *
 * @throws BRANCH_FAILED with what it said
 */
export type Pulumi = (
  words: readonly string[],
  onOutputLine?: (line: string) => void,
) => Promise<string>;

/** This project's engine, and where the branches are recorded. */
export interface Branches {
  readonly pulumi: Pulumi;
  readonly records: BranchRecords;
  /** Whether the state is in this checkout; else V7_BACKEND_URL says where. */
  readonly isLocal: boolean;
}

/**
 * Prepares the engine where that was not done yet.
 *
 * @throws ENGINE_MISSING, PLUGIN_MISSING
 */
export async function openBranches(): Promise<Branches> {
  const { bin, environment } = await prepareEngine();
  const pulumi: Pulumi = async (words, onOutputLine) => {
    const { code, output, errors } = await run(
      join(bin, "pulumi"),
      [...words, "--non-interactive"],
      { folder: CHECKOUT, environment, ...(onOutputLine === undefined ? {} : { onOutputLine }) },
    );
    if (code !== 0) {
      throw fault("BRANCH_FAILED", {
        what: `running pulumi ${words.slice(0, 2).join(" ")}`,
        found: errors.trim().replace(/^error: /, ""),
        remedy: "Read Pulumi's message, correct its cause and run the command again",
      });
    }
    return output;
  };
  const isLocal = isOwnState();
  return { pulumi, isLocal, records: isLocal ? localRecords : sharedRecords(pulumi) };
}

/** The records alone: where they are in this checkout, nothing is prepared or started for them. */
export async function openRecords(): Promise<BranchRecords> {
  return isOwnState() ? localRecords : (await openBranches()).records;
}

/** Whether the stacks' state is in this checkout. */
export function isOwnState(): boolean {
  return isLocalState(preparedEngine()?.environment ?? ownVariables());
}

/** Makes the stack of that name where it is not there. */
export async function ensureStack(branches: Branches, name: string): Promise<void> {
  if (!(await hasStack(branches, name))) {
    await branches.pulumi(["stack", "init", name, "--no-select"]);
  }
}

/** Whether the state has a stack of that name. */
export async function hasStack({ pulumi, isLocal }: Branches, stack: string): Promise<boolean> {
  return isLocal
    ? hasLocalStack(stack)
    : (await listStacks(pulumi)).some(({ name }) => name === stack);
}
