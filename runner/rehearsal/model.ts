import type { HeldLock } from "../model";

/** What a rehearsal found out: the plan, run on a throwaway server that looks like the target. Times in milliseconds. */
export interface Rehearsal {
  /** Of the throwaway server and of the target: `17.10`. Their major versions are the same. */
  readonly serverVersion: string;
  readonly targetVersion: string;
  /** By statement, in the order in which they ran. */
  readonly statements: readonly RehearsedStatement[];
  /** The locks on tables that were there before, in the order in which they were taken. */
  readonly locks: readonly HeldLock[];
  /** The tables that were there before and that the plan touches. */
  readonly tables: readonly RehearsedTable[];
  /** From BEGIN to COMMIT. */
  readonly transactionMs: number;
  /** Of the directives' objects afterwards. */
  readonly fingerprint: string;
  /** A line an object that is not as expected; empty where the result is what the repository expects. */
  readonly differences: readonly string[];
  /** Who can do what, before on the target and after on the throwaway server, the grants of the access matrix made. */
  readonly accessBefore: readonly EffectiveAccess[];
  readonly accessAfter: readonly EffectiveAccess[];
  /** What of the target's surroundings could not be rebuilt, a line each. */
  readonly omitted: readonly string[];
  /** What would stop the run itself before it begins, a line each; absent where nothing would. */
  readonly obstacles?: readonly string[];
}

export interface RehearsedStatement {
  readonly directive: string;
  readonly stepId: string;
  /** From 1, within its step. */
  readonly number: number;
  /** The statement's first line that is not a comment. */
  readonly firstLine: string;
  readonly durationMs: number;
  /** The locks that it took first, on whatever relation: `ACCESS EXCLUSIVE on public.file_audit`. */
  readonly locks: readonly string[];
  /** Tables that were there before and that it wrote anew. */
  readonly rewrites: readonly string[];
  /** Tables that were there before and that it read whole, with the rows read. */
  readonly scans: readonly { readonly table: string; readonly rows: number }[];
}

interface RehearsedTable {
  readonly name: string;
  /** As the target's statistics estimate them; null where it never counted. */
  readonly targetRows: number | null;
  /** How many the throwaway server had. */
  readonly rehearsedRows: number;
}

/** What one role can do with one object, by whatever way it got there: grants, memberships, ownership, PUBLIC. */
export interface EffectiveAccess {
  readonly role: string;
  /** `public.v7_migration_workflow`, or `schema v7_control`. */
  readonly object: string;
  /** `SELECT`, or `UPDATE (status, blockers)` where it is on some columns only. Never empty. */
  readonly privileges: readonly string[];
}
