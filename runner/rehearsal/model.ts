import type { HeldLock } from "../model";

// How a rehearsal works:
// 1. Read. rehearsedTarget.ts reads the target in one read-only transaction: the plan, and the surroundings of its steps
//    (surroundings.ts), which are the objects of others that the steps need by their locks. reached.ts finds them, and
//    they are described as all objects are (runner/catalog/describe.ts).
// 2. Take back. The applied steps run again, so the surroundings are given as they were before them: what the locks say is
//    taken back from the description (runner/catalog/sum.ts).
// 3. Rebuild. rebuild.ts makes the surroundings on a throwaway server from that description. An expression of the target
//    runs there only where allowedExpression.ts knows every word of it, and only as a role without privileges. What has
//    code, or cannot be rebuilt, gets a stand-in of its name where the plan needs it (standIns.ts, standInParts.ts). Then
//    restoreProperties.ts compares both descriptions, and sets comments, options, owners and privileges as a repair does.
//    The rest is listed in `omitted`.
// 4. Run. rehearse.ts runs the former steps and measures the plan (measurePlan.ts); rehearsedOutcome.ts compares the result
//    with the locks. Stand-ins are not compared. Time, memory and disk have bounds (bounds.ts, bounded.ts).

/** The result of a rehearsal: the plan was run on a throwaway server that resembles the target. Times in milliseconds. */
export interface Rehearsal {
  /** The throwaway server's version, `17.10`; it has the target's major. */
  readonly serverVersion: string;
  readonly targetVersion: string;
  /** In the order in which they ran. */
  readonly statements: readonly RehearsedStatement[];
  /** The locks on tables that existed before, in the order in which they were taken. */
  readonly locks: readonly HeldLock[];
  /** The tables of others that the plan touches. */
  readonly tables: readonly RehearsedTable[];
  /** From BEGIN to COMMIT. */
  readonly transactionMs: number;
  /** The fingerprint of the directives' objects afterwards. */
  readonly fingerprint: string;
  /** A line for each object that differs from what is expected. */
  readonly differences: readonly string[];
  /** The privileges on the target before. */
  readonly accessBefore: readonly EffectiveAccess[];
  /** The privileges on the throwaway server after the plan and the access matrix's grants. */
  readonly accessAfter: readonly EffectiveAccess[];
  /** A line for each part of the target's surroundings that could not be rebuilt. */
  readonly omitted: readonly string[];
  /** A line for each obstacle that would stop the run itself; absent where there is none. */
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
  /** The locks that it took first, on any relation: `ACCESS EXCLUSIVE on public.file_audit`. */
  readonly locks: readonly string[];
  /** Existing tables that it rewrote. */
  readonly rewrites: readonly string[];
  /** Existing tables that it read whole, with their number of rows. */
  readonly scans: readonly { readonly table: string; readonly rows: number }[];
}

interface RehearsedTable {
  readonly name: string;
  /** The target's estimate or count; null where it is unknown. */
  readonly targetRows: number | null;
  /** The number of rows on the throwaway server. */
  readonly rehearsedRows: number;
}

/** The privileges that one role has on one object, by grants, memberships or PUBLIC. */
export interface EffectiveAccess {
  readonly role: string;
  /** `public.v7_migration_workflow`, or `schema v7_control`. */
  readonly object: string;
  /** `SELECT`, or `UPDATE (status, blockers)` for a privilege on some columns. Never empty. */
  readonly privileges: readonly string[];
}
