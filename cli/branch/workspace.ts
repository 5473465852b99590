import { ownVariables } from "../../engine/environment";
import { hasLocalStack, isLocalState } from "../../engine/localState";
import { preparedEngine, prepareEngine, type Engine } from "../../engine/prepare";
import { pulumiOf, type Pulumi } from "./pulumi";
import { localRecords, type BranchRecords } from "./record";
import { listStacks, sharedRecords } from "./sharedRecords";

/** This project's engine, and where the branches are recorded. */
export interface Branches {
  readonly engine: Engine;
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
  const engine = await prepareEngine();
  // What this process does and starts itself is in the engine's environment, too: docker's plugin goes where it looks.
  const variables = Object.entries(engine.environment).filter(([, value]) => value !== undefined);
  Object.assign(process.env, Object.fromEntries(variables));
  const pulumi = pulumiOf(engine);
  const isLocal = isOwnState();
  return { engine, pulumi, isLocal, records: isLocal ? localRecords : sharedRecords(pulumi) };
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
