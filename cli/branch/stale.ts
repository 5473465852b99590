import { expiresAt, type BranchRecord } from "./record";

/** What git says of branches. */
export interface GitBranches {
  /** Undefined where there is no git: then none is missing. */
  readonly existing: ReadonlySet<string> | undefined;
  readonly checkedOut: ReadonlySet<string>;
}

/**
 * Why a branch's stack may go; undefined where it stays.
 *
 * A branch that is checked out keeps its own, however old: somebody is about to need it.
 */
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
