import { fault } from "../../runner/base/fault";
import { readOutputs, type StackOutputs } from "../stack";
import { chosenBranch } from "./git";
import { stackNameOf } from "./name";
import { localRecords } from "./record";
import { isOwnState } from "./workspace";

/**
 * Reads the outputs of a branch's stack, and the names of branch and stack.
 *
 * @throws STACK_MISSING where the branch has no database, ENGINE_MISSING, COMMAND_INVALID
 */
export async function readBranchOutputs(
  named: string | undefined,
): Promise<StackOutputs & { readonly branch: string; readonly stack: string }> {
  const branch = await chosenBranch(named);
  const stack = stackNameOf(branch);
  // A state in this checkout has no stack without a record: Pulumi need not be run to know it.
  if (isOwnState()) {
    const record = await localRecords.read(stack);
    if (record?.state !== "ready") {
      throw fault("STACK_MISSING", {
        what: `looking for the database of branch "${branch}"`,
        found: record === undefined ? "none" : "an unfinished one: its creation was interrupted",
        remedy: "Run npx v7 branch up",
      });
    }
  }
  return { branch, stack, ...(await readOutputs(stack)) };
}
