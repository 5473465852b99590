import { performance } from "node:perf_hooks";
import type { Client } from "pg";
import { executeConcurrentStep, isConcurrent } from "../execute/executeConcurrentStep";
import {
  executeStep,
  firstLine,
  inverseStep,
  type ExecutedStatement,
} from "../execute/executeStep";
import type { HeldLock, QualifiedName, Statement, Step } from "../model";
import type { PreparedPlan } from "../plan/plan";
import { formatName } from "../postgres/names";
import {
  blocksReads,
  blocksWrites,
  heldLocks,
  uncovered,
  type RelationLock,
} from "../postgres/waitForLock";
import type { Rehearsal, RehearsedStatement } from "./model";

export type Measured = Pick<Rehearsal, "statements" | "locks" | "transactionMs">;

interface TableState {
  /** Another number: the table was written anew. */
  readonly file: string | null;
  readonly scans: number;
  /** Parallel workers read too, and count for themselves: the table's own number says how many it has. */
  readonly rows: number;
}

/**
 * Runs a plan in one transaction, and finds out of each statement how long it took, which locks it took first, which
 * tables it wrote anew and which it read whole. What cannot run in a transaction follows after it.
 *
 * @param tables those that were there before
 */
export async function measurePlan(
  client: Client,
  { plan, pending }: PreparedPlan,
  options: {
    readonly tables: readonly QualifiedName[];
    readonly onProgress: (message: string) => void;
  },
): Promise<Measured> {
  const names = options.tables.map(formatName);
  const steps = plan?.action === "rollback" ? pending.flatMap(asInverse) : pending;
  const statements: RehearsedStatement[] = [];
  const taken: (RelationLock & { readonly takenBy: string; readonly since: number })[] = [];
  let known: readonly RelationLock[] = [];
  let before = await readState(client, names);

  const onExecuted = async (
    step: Step,
    statement: Statement,
    executed: ExecutedStatement,
  ): Promise<void> => {
    const locks = await heldLocks(client);
    const added = locks.filter(
      (lock) => !known.some((one) => one.relation === lock.relation && one.mode === lock.mode),
    );
    known = locks;
    const after = await readState(client, names);
    taken.push(
      ...added
        .filter(
          ({ relation, mode }) =>
            names.includes(relation) && (blocksReads(mode) || blocksWrites(mode)),
        )
        .map((lock) => ({ ...lock, takenBy: step.id, since: executed.startedAt })),
    );
    statements.push(describe(step, statement, executed, added, before, after));
    before = after;
  };

  const start = performance.now();
  await client.query("BEGIN");
  for (const step of steps.filter((one) => !isConcurrent(one))) {
    await executeStep(client, step, { onProgress: options.onProgress, onExecuted });
  }
  await client.query("COMMIT");
  const end = performance.now();
  for (const step of steps.filter(isConcurrent)) {
    const executed = await executeConcurrentStep(client, step, options.onProgress);
    statements.push(...executed.statements.map((one, index) => concurrent(step, one, index)));
  }
  const locks: HeldLock[] = uncovered(taken).map(({ relation, mode, takenBy, since }) => ({
    relation,
    mode,
    takenBy,
    heldMs: end - since,
    blocksReads: blocksReads(mode),
    blocksWrites: blocksWrites(mode),
  }));
  return { statements, locks, transactionMs: end - start };
}

function describe(
  step: Step,
  statement: Statement,
  { durationMs }: ExecutedStatement,
  added: readonly RelationLock[],
  before: ReadonlyMap<string, TableState>,
  after: ReadonlyMap<string, TableState>,
): RehearsedStatement {
  const changed = [...after].flatMap(([table, now]) => {
    const then = before.get(table);
    return then === undefined ? [] : [{ table, then, now }];
  });
  return {
    directive: step.directive,
    stepId: step.id,
    number: step.statements.indexOf(statement) + 1,
    firstLine: firstLine(statement),
    durationMs,
    locks: added.map(({ relation, mode }) => `${mode} on ${relation}`),
    rewrites: changed.filter(({ then, now }) => then.file !== now.file).map(({ table }) => table),
    scans: changed
      .filter(({ then, now }) => now.scans > then.scans)
      .map(({ table, then }) => ({ table, rows: then.rows })),
  };
}

/** A concurrent build holds SHARE UPDATE EXCLUSIVE, for which neither readers nor writers wait, and reads twice. */
function concurrent(
  step: Step,
  { durationMs }: ExecutedStatement,
  index: number,
): RehearsedStatement {
  const statement = step.statements[index];
  return {
    directive: step.directive,
    stepId: step.id,
    number: index + 1,
    firstLine: statement === undefined ? "" : firstLine(statement),
    durationMs,
    locks: ["SHARE UPDATE EXCLUSIVE, after the transaction"],
    rewrites: [],
    scans: [],
  };
}

function asInverse(step: Step): Step[] {
  return step.inverse === undefined
    ? []
    : [{ ...inverseStep(step, step.inverse), kind: "amendment" }];
}

/** Files and scans of these tables, as this transaction sees them. An index build counts as a scan of its table. */
async function readState(
  client: Client,
  names: readonly string[],
): Promise<ReadonlyMap<string, TableState>> {
  const { rows } = await client.query<{
    name: string;
    file: string | null;
    scans: string;
    rows: string;
  }>(
    `SELECT n.nspname || '.' || c.relname AS name, pg_relation_filenode(c.oid)::text AS file,
            coalesce(s.seq_scan, 0) AS scans, greatest(c.reltuples, 0)::int8 AS rows
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN pg_stat_xact_all_tables s ON s.relid = c.oid
      WHERE n.nspname || '.' || c.relname = ANY ($1::text[])`,
    [names],
  );
  return new Map(
    rows.map(({ name, file, scans, rows: count }) => [
      name,
      { file, scans: Number(scans), rows: Number(count) },
    ]),
  );
}
