import { createInterface } from "node:readline/promises";
import { Option, type Command } from "commander";
import { say } from "../../engine/progress";
import { messageOf } from "../../runner/base/fault";
import { formatTable } from "../../runner/base/table";
import { jsonOption } from "../options";
import { print, printAside, printJson } from "../print";
import { checkedOutBranches, existingBranches } from "./git";
import { withBranch, type BranchRecord, expiresAt } from "./record";
import { removeBranch } from "./remove";
import { openBranches, openRecords, type Branches } from "./workspace";

interface PruneOptions {
  readonly dryRun?: true;
  readonly yes?: true;
  readonly json?: true;
}

interface Candidate {
  readonly record: BranchRecord;
  readonly reason: string;
}

const HELP = `
Lists the databases whose branch no longer exists, here or on a remote as last fetched, and those whose
last "branch up" is longer ago than their time to live; then removes them with their data. A branch that
is checked out keeps its database. A protected database, or one that npx v7 branch up did not make, is
never removed.

Exit codes:
  0  removed, or nothing to remove
  1  a fault: a database could not be removed
  3  there are databases to remove, and the removal was not confirmed

Examples:
  npx v7 branch prune --dry-run
  npx v7 branch prune --yes
`;

export function addPrune(branch: Command): void {
  branch
    .command("prune")
    .description(
      "list, then remove databases whose branch is deleted or whose time to live is over",
    )
    .addOption(new Option("--dry-run", "list and remove nothing").conflicts("yes"))
    .option("--yes", "do not ask")
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(prune);
}

async function prune({ dryRun, yes, json }: PruneOptions): Promise<void> {
  const candidates = await findCandidates();
  const rows = candidates.map(({ record: { branch, stack }, reason }) => ({
    branch,
    stack,
    reason,
  }));
  if (json !== true) {
    const columns = ["branch", "stack", "reason"];
    print(rows.length === 0 ? "nothing to remove" : formatTable(columns, rows));
  }
  const mayRemove =
    candidates.length > 0 && dryRun !== true && (yes === true || (await isConfirmed(json)));
  const failures = mayRemove ? await removeAll(candidates) : new Map<string, string>();
  if (json === true) {
    printJson(
      rows.map((row) => ({
        ...row,
        removed: mayRemove && !failures.has(row.stack),
        ...(failures.has(row.stack) ? { problem: failures.get(row.stack) } : {}),
      })),
    );
  }
  if (failures.size > 0) {
    process.exitCode = 1;
  } else if (candidates.length > 0 && !mayRemove && dryRun !== true) {
    process.exitCode = 3;
  }
}

async function findCandidates(): Promise<Candidate[]> {
  const records = await (await openRecords()).list();
  const branches = { existing: await existingBranches(), checkedOut: await checkedOutBranches() };
  const now = new Date();
  return records.flatMap((record) => {
    const reason = reasonToRemove(record, branches, now);
    return reason === undefined ? [] : [{ record, reason }];
  });
}

/** Asks on a terminal; elsewhere, and with --json, the answer is no. */
async function isConfirmed(json: true | undefined): Promise<boolean> {
  if (!process.stdin.isTTY || json === true) {
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question("Remove them, with their data? [y/N] ");
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** Removes each candidate, the others too where one fails; returns the failures' messages by stack. */
async function removeAll(candidates: readonly Candidate[]): Promise<Map<string, string>> {
  const branches = await openBranches();
  const failures = new Map<string, string>();
  for (const { record } of candidates) {
    const { branch, stack } = record;
    try {
      await withBranch(stack, () => removeUnused(branches, record));
      say(`branch ${branch}: stack ${stack} is gone`);
    } catch (error) {
      failures.set(stack, messageOf(error));
      printAside(messageOf(error));
    }
  }
  return failures;
}

/** Reads the record again, now under the lock, and keeps a stack that was brought up meanwhile. */
async function removeUnused(branches: Branches, before: BranchRecord): Promise<void> {
  const record = await branches.records.read(before.stack);
  if (record !== undefined && record.usedAt === before.usedAt) {
    await removeBranch(branches, record);
  }
}

export interface GitBranches {
  /** Undefined without git: then no branch counts as deleted. */
  readonly existing: ReadonlySet<string> | undefined;
  readonly checkedOut: ReadonlySet<string>;
}

/** Why a branch's stack may be removed; undefined where it stays, as it does while its branch is checked out. */
export function reasonToRemove(
  record: BranchRecord,
  { existing, checkedOut }: GitBranches,
  now: Date,
): string | undefined {
  const { branch, state, ttlDays } = record;
  if (checkedOut.has(branch)) {
    return undefined;
  }
  if (existing?.has(branch) === false) {
    return "no branch of that name any more";
  }
  if (state === "leaving") {
    return "its removal was interrupted";
  }
  return expiresAt(record) < now ? `not brought up for ${ttlDays} days` : undefined;
}
