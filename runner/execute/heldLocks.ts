import { performance } from "node:perf_hooks";
import type { ClientBase } from "pg";
import { touches } from "../catalog/touches";
import type { HeldLock } from "../model";
import {
  blocksReads,
  blocksWrites,
  heldLocks,
  uncovered,
  type RelationLock,
} from "../postgres/waitForLock";
import type { ExecutedStep } from "./executeStep";

/** A lock on a table that was there before, with the moment at which the statement began that took it. */
export interface TakenLock extends RelationLock {
  readonly takenBy: string;
  /** By this process's own clock (performance.now), in milliseconds. */
  readonly since: number;
}

/**
 * The locks that this transaction holds on tables that were there before it, each since the first statement that speaks
 * of the table. One question for the whole, so that the answer costs the locks no time.
 *
 * @param before the tables that were there: `public.file_audit`
 */
export async function takenLocks(
  client: ClientBase,
  before: ReadonlySet<string>,
  executed: readonly ExecutedStep[],
): Promise<readonly TakenLock[]> {
  const locks = (await heldLocks(client)).filter(
    ({ relation, mode }) => before.has(relation) && blocksWrites(mode),
  );
  return locks.flatMap((lock) => {
    const first = firstMention(lock.relation, executed);
    return first === undefined ? [] : [{ ...lock, ...first }];
  });
}

/** For how long each lock was held: asked right after the commit. */
export function measureHeldLocks(taken: readonly TakenLock[]): readonly HeldLock[] {
  const now = performance.now();
  return uncovered(taken).map(({ relation, mode, takenBy, since }) => ({
    relation,
    mode,
    takenBy,
    heldMs: now - since,
    blocksReads: blocksReads(mode),
    blocksWrites: blocksWrites(mode),
  }));
}

/** One lock, for a person: `public.file_audit: ACCESS EXCLUSIVE, held 812 ms, readers and writers waited`. */
export function describeHeldLock({ relation, mode, heldMs, ...blocks }: HeldLock): string {
  const who = blocks.blocksReads ? "readers and writers wait" : "writers wait";
  return `${relation}: ${mode}, held ${heldMs.toFixed(0)} ms, ${who} meanwhile`;
}

function firstMention(
  relation: string,
  executed: readonly ExecutedStep[],
): { readonly takenBy: string; readonly since: number } | undefined {
  for (const { step, statements } of executed) {
    for (const [index, { startedAt }] of statements.entries()) {
      const statement = step.statements[index];
      if (statement?.locked !== undefined && touches(statement.locked, relation)) {
        return { takenBy: step.id, since: startedAt };
      }
    }
  }
  return undefined;
}
