import { expiresAt, type BranchRecord } from "./record";

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
