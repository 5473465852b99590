import type { AskPulumi } from "../../engine/prepare";
import type { BranchRecord, BranchRecords } from "./record";

/** The branch has a tag of its own, because a tag's value has at most 256 characters. */
const BRANCH_TAG = "v7:branch";
const RECORD_TAG = "v7:record";

/**
 * Records as tags of the stacks, for a shared state: jobs on other machines read them.
 *
 * Read by its name, a stack without resources and tags counts as `making`: its creation was interrupted at once.
 */
export function sharedRecords(pulumi: AskPulumi): BranchRecords {
  const stacks = async (): Promise<ListedStack[]> =>
    (await listStacks(pulumi)).filter(({ name }) => name.startsWith("dev-"));
  const setTag = async (stack: string, name: string, value: string): Promise<void> => {
    await pulumi(["stack", "tag", "set", name, value, "--stack", stack]);
  };
  const readTags = async (stack: string): Promise<BranchRecord | undefined> => {
    const listed = await pulumi(["stack", "tag", "ls", "--json", "--stack", stack]);
    const tags = JSON.parse(listed) as Readonly<Record<string, string>>;
    const branch = tags[BRANCH_TAG];
    const fields = tags[RECORD_TAG];
    return branch === undefined || fields === undefined
      ? undefined
      : { branch, stack, ...parseFields(fields) };
  };
  return {
    read: async (stack) => {
      const found = (await stacks()).find(({ name }) => name === stack);
      if (found === undefined) {
        return undefined;
      }
      const record = await readTags(stack);
      return record ?? ((found.resourceCount ?? 0) === 0 ? emptyStack(stack) : undefined);
    },
    write: async (record) => {
      const { branch, stack } = record;
      if ((await stacks()).some(({ name }) => name === stack)) {
        await setTag(stack, BRANCH_TAG, branch);
        await setTag(stack, RECORD_TAG, formatFields(record));
      }
    },
    // Removing the stack removes its tags.
    remove: () => Promise.resolve(),
    list: async () => {
      const records: BranchRecord[] = [];
      for (const { name } of await stacks()) {
        const record = await readTags(name);
        if (record !== undefined) {
          records.push(record);
        }
      }
      return records;
    },
  };
}

interface ListedStack {
  readonly name: string;
  readonly resourceCount?: number;
}

/** The project's stacks in a shared state. */
export async function listStacks(pulumi: AskPulumi): Promise<readonly ListedStack[]> {
  return JSON.parse(await pulumi(["stack", "ls", "--json"])) as readonly ListedStack[];
}

type Fields = Omit<BranchRecord, "branch" | "stack">;

function formatFields({ state, madeAt, usedAt, ttlDays }: Fields): string {
  return [state, madeAt, usedAt, ttlDays].join(" ");
}

function parseFields(text: string): Fields {
  const [state = "", madeAt = "", usedAt = "", ttlDays = ""] = text.split(" ");
  return { state: state as Fields["state"], madeAt, usedAt, ttlDays: Number(ttlDays) };
}

function emptyStack(stack: string): BranchRecord {
  const now = new Date().toISOString();
  return { branch: "", stack, state: "making", madeAt: now, usedAt: now, ttlDays: 1 };
}
