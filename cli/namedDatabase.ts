import type { Option } from "commander";
import { stackOption } from "./options";
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
