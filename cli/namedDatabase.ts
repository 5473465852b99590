import type { Option } from "commander";
import { fault } from "../runner/base/fault";
import { chosenBranch } from "./branch/git";
import { stackNameOf } from "./branch/name";
import { localRecords } from "./branch/record";
import { isOwnState } from "./branch/workspace";
import { stackOption, branchOption } from "./options";
import { readOutputs } from "./stack";

/** A database, with its names. */
interface FoundDatabase {
  readonly branch?: string;
  readonly stack: string;
  readonly databaseUrl: string;
}

/** How a verb's options name a database: `npx v7` has a stack, `npx v7 branch` a branch. */
export interface ByName {
  readonly option: () => Option;
  readonly find: (options: NamingOptions) => Promise<FoundDatabase>;
}

export interface NamingOptions {
  readonly stack?: string;
  readonly branch?: string;
}

export const BY_STACK: ByName = {
  option: stackOption,
  find: async ({ stack = "" }) => ({ stack, ...(await readOutputs(stack)) }),
};

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
