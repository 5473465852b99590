import { fault } from "../../runner/base/fault";
import type { ByName } from "../namedDatabase";
import { branchOption } from "../options";
import { readOutputs } from "../stack";
import { chosenBranch } from "./git";
import { stackNameOf } from "./name";
import { localRecords } from "./record";
import { isOwnState } from "./workspace";

/** The database of a branch; STACK_MISSING where the branch has none. */
export const BY_BRANCH: ByName = {
  option: branchOption,
  find: async ({ branch: named }) => {
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
  },
};
