import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { withToldLock } from "../../engine/lock";
import { places } from "../../engine/paths";
import { readJson } from "../../runner/base/readJson";
import { replaceFile } from "../../runner/base/replaceFile";

/** The record of a branch's stack. A stack without a record was not created by v7, whatever its name, and is never removed. */
export interface BranchRecord {
  readonly branch: string;
  readonly stack: string;
  /** `making` until the first `branch up` succeeds; `leaving` once `branch down` has begun. */
  readonly state: "making" | "ready" | "leaving";
  /** ISO 8601. */
  readonly madeAt: string;
  /** ISO 8601: when `branch up` last began. The time to live counts from here. */
  readonly usedAt: string;
  readonly ttlDays: number;
}

/** The store of the records: files in this checkout, or tags in a shared state. */
export interface BranchRecords {
  read(stack: string): Promise<BranchRecord | undefined>;
  write(record: BranchRecord): Promise<void>;
  remove(stack: string): Promise<void>;
  list(): Promise<readonly BranchRecord[]>;
}

const DAY_MILLISECONDS = 86_400_000;

/** When the stack's time to live ends. */
export function expiresAt({ usedAt, ttlDays }: BranchRecord): Date {
  return new Date(Date.parse(usedAt) + ttlDays * DAY_MILLISECONDS);
}

function recordsFolder(): string {
  return join(places().own, "branches");
}

/** Runs the work under the stack's lock: waits while another `v7 branch` of this checkout works on that stack. */
export function withBranch<T>(stack: string, work: () => Promise<T>): Promise<T> {
  return withToldLock(join(recordsFolder(), `.${stack}.lock`), `at work on stack ${stack}`, work);
}

/** Records as files, for stacks whose state is in this checkout: `.v7/branches/<stack>.json`. */
export const localRecords: BranchRecords = {
  read: (stack) => Promise.resolve(readFile(stack)),
  write: (record) => {
    mkdirSync(recordsFolder(), { recursive: true });
    replaceFile(fileOf(record.stack), `${JSON.stringify(record, undefined, 2)}\n`);
    return Promise.resolve();
  },
  remove: (stack) => {
    rmSync(fileOf(stack), { force: true });
    return Promise.resolve();
  },
  list: () => {
    const folder = recordsFolder();
    const files = existsSync(folder) ? readdirSync(folder) : [];
    const stacks = files.filter((file) => file.endsWith(".json")).map((file) => file.slice(0, -5));
    return Promise.resolve(
      stacks
        .sort()
        .map(readFile)
        .filter((record) => record !== undefined),
    );
  },
};

function fileOf(stack: string): string {
  return join(recordsFolder(), `${stack}.json`);
}

function readFile(stack: string): BranchRecord | undefined {
  return readJson(fileOf(stack)) as BranchRecord | undefined;
}
