import { performance } from "node:perf_hooks";
import type { ClientBase } from "pg";
import { idsOf, rootOf } from "../catalog/kinds/objectId";
import type { HeldLock, LockedStatement, TouchedTables } from "../model";
import { formatName } from "../postgres/names";
import {
  blocksReads,
  blocksWrites,
  heldLocks,
  uncovered,
  type RelationLock,
} from "../postgres/waitForLock";
import type { ExecutedStep } from "./executeStep";

/** A lock on a table that existed before the run, and when the statement began that took it. */
export interface TakenLock extends RelationLock {
  readonly takenBy: string;
  /** By this process's own clock (performance.now), in milliseconds. */
  readonly since: number;
}

/**
 * The locks that this transaction holds on tables that existed before it, each since the first statement that touches the
 * table. One query after all statements, so that the locks are not held longer for it.
 *
 * @param before the tables that existed: `public.file_audit`
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

/** For how long each lock was held. To be called right after the commit. */
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

/** One lock for messages: `public.file_audit: ACCESS EXCLUSIVE, held 812 ms, readers and writers wait meanwhile`. */
export function describeHeldLock({ relation, mode, heldMs, ...blocks }: HeldLock): string {
  const who = blocks.blocksReads ? "readers and writers wait" : "writers wait";
  return `${relation}: ${mode}, held ${heldMs.toFixed(0)} ms, ${who} meanwhile`;
}

/** Whether a statement changes a table, adds to it, refers to it, reads or writes it, by its lock. */
function touches(locked: LockedStatement, table: string): boolean {
  return (
    [...idsOf(locked), ...locked.needs]
      .map(rootOf)
      .some(({ schema = "", name }) => formatName({ schema, name }) === table) ||
    locked.tables.some((one) => touchedNames(one).includes(table))
  );
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

/** The tables that a statement read, wrote, rewrote or locked: `public.file_audit`. */
export function touchedNames({
  reads = [],
  writes = [],
  rewrites = [],
  locks = [],
}: Partial<TouchedTables>): readonly string[] {
  return [...reads, ...writes, ...rewrites, ...locks.map(tableOfLock)];
}

/** The table in a lock's line `public.file_audit ACCESS EXCLUSIVE`; its name may contain spaces. */
function tableOfLock(lock: string): string {
  return lock.replace(/(?: (?:ACCESS|ROW|SHARE|UPDATE|EXCLUSIVE))+$/, "");
}
