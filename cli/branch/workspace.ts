import { ownVariables } from "../../engine/environment";
import { hasLocalStack, isLocalState } from "../../engine/localState";
import {
  preparedEngine,
  prepareEngine,
  pulumiOf,
  type Engine,
  type AskPulumi,
} from "../../engine/prepare";
import { localRecords, type BranchRecords } from "./record";
import { listStacks, sharedRecords } from "./sharedRecords";

/** The prepared engine and the branches' records. */
export interface Branches {
  readonly engine: Engine;
  readonly pulumi: AskPulumi;
  readonly records: BranchRecords;
  /** Whether the state is in this checkout; else V7_BACKEND_URL says where. */
  readonly isLocal: boolean;
}

/**
 * Prepares the engine if necessary.
 *
 * @throws ENGINE_MISSING, PLUGIN_MISSING
 */
export async function openBranches(): Promise<Branches> {
  const engine = await prepareEngine();
  // This process needs the engine's environment, too: for example, docker's plugin is installed in its PULUMI_HOME.
  const variables = Object.entries(engine.environment).filter(([, value]) => value !== undefined);
  Object.assign(process.env, Object.fromEntries(variables));
  const pulumi = pulumiOf(engine);
  const isLocal = isOwnState();
  return { engine, pulumi, isLocal, records: isLocal ? localRecords : sharedRecords(pulumi) };
}

/** Opens only the records; for a state in this checkout this needs no engine. */
export async function openRecords(): Promise<BranchRecords> {
  return isOwnState() ? localRecords : (await openBranches()).records;
}

/** Whether the stacks' state is in this checkout. */
export function isOwnState(): boolean {
  return isLocalState(preparedEngine()?.environment ?? ownVariables());
}

/** Whether the state has the stack. */
export async function hasStack({ pulumi, isLocal }: Branches, stack: string): Promise<boolean> {
  return isLocal
    ? hasLocalStack(stack)
    : (await listStacks(pulumi)).some(({ name }) => name === stack);
}
