import { performance } from "node:perf_hooks";
import type { Client } from "pg";
import { inversesOf, type ExecutedStatement, type ExecutedStep } from "../execute/executeStep";
import { committed, executeUnit } from "../execute/executeUnit";
import { measureHeldLocks, type TakenLock } from "../execute/heldLocks";
import { unitsOf, type Unit } from "../execute/units";
import type { QualifiedName, Statement, Step } from "../model";
import type { PreparedPlan } from "../plan/plan";
import { formatName } from "../postgres/names";
import { blocksWrites, heldLocks, type RelationLock } from "../postgres/waitForLock";
import { firstLine } from "../sql/statements";
import type { Rehearsal, RehearsedStatement } from "./model";

export type Measured = Pick<Rehearsal, "statements" | "locks" | "transactionMs">;

interface TableState {
  /** The table's file; it changes when the table is rewritten. */
  readonly file: string | null;
  readonly scans: number;
  /** The table's number of rows, from pg_class: the count of read rows leaves out those that parallel workers read. */
  readonly rows: number;
}

interface MeasureOptions {
  /** The tables that existed before. */
  readonly tables: readonly QualifiedName[];
  readonly onProgress: (message: string) => void;
}

/**
 * Runs a plan unit by unit, as the real run does, and measures each statement's time. For statements in a transaction it also
 * finds the locks that each took first, the tables that it rewrote, and those that it read whole.
 */
export async function measurePlan(
  client: Client,
  { plan, pending }: PreparedPlan,
  options: MeasureOptions,
): Promise<Measured> {
  const steps = plan?.action === "rollback" ? inversesOf(pending) : pending;
  const units: Measured[] = [];
  for (const unit of unitsOf(steps)) {
    units.push(
      await (unit.isTransaction
        ? measureTransaction(client, unit, options)
        : measureOutside(client, unit, options)),
    );
  }
  return {
    statements: units.flatMap(({ statements }) => statements),
    locks: units.flatMap(({ locks }) => locks),
    transactionMs: Math.max(0, ...units.map(({ transactionMs }) => transactionMs)),
  };
}

async function measureTransaction(
  client: Client,
  unit: Unit,
  options: MeasureOptions,
): Promise<Measured> {
  const names = options.tables.map(formatName);
  const statements: RehearsedStatement[] = [];
  const taken: TakenLock[] = [];
  let known: readonly RelationLock[] = [];
  let before: Awaited<ReturnType<typeof readState>> = new Map();

  const onExecuted = async (
    step: Step,
    statement: Statement,
    executed: ExecutedStatement,
  ): Promise<void> => {
    const held = await heldLocks(client);
    const added = held.filter(
      (lock) => !known.some((one) => one.relation === lock.relation && one.mode === lock.mode),
    );
    known = held;
    const after = await readState(client, names);
    taken.push(
      ...added
        .filter(({ relation, mode }) => names.includes(relation) && blocksWrites(mode))
        .map((lock) => ({ ...lock, takenBy: step.id, since: executed.startedAt })),
    );
    const locks = added.map(({ relation, mode }) => `${mode} on ${relation}`);
    const facts = { locks, ...touchedBetween(before, after) };
    statements.push(describe(step, statement, executed, facts));
    before = after;
  };

  const start = performance.now();
  await committed(client, async () => {
    before = await readState(client, names);
    await executeUnit(client, unit, {
      inTransaction: (use) => use(),
      onProgress: options.onProgress,
      onExecuted,
    });
  });
  return { statements, locks: measureHeldLocks(taken), transactionMs: performance.now() - start };
}

/** Measures a unit that commits its parts itself: others never wait for longer than one part takes. */
async function measureOutside(
  client: Client,
  unit: Unit,
  { onProgress }: MeasureOptions,
): Promise<Measured> {
  const executed = await executeUnit(client, unit, {
    inTransaction: (use) => committed(client, use),
    onProgress,
  });
  const statements = executed.flatMap(({ step, statements: ran, backfilled }) => {
    const facts = { locks: [lockOutside(backfilled)], rewrites: [], scans: [] };
    return ran.flatMap((one, index) =>
      step.statements
        .slice(index, index + 1)
        .map((statement) => describe(step, statement, one, facts)),
    );
  });
  return { statements, locks: [], transactionMs: 0 };
}

/** A concurrent build holds SHARE UPDATE EXCLUSIVE, which blocks neither readers nor writers. */
function lockOutside(backfilled: ExecutedStep["backfilled"]): string {
  return backfilled === undefined
    ? "SHARE UPDATE EXCLUSIVE, after the transaction"
    : `ROW EXCLUSIVE, after the transaction: ${String(backfilled.rows)} rows in ${String(backfilled.batches)} batches`;
}

function describe(
  { directive, id: stepId, statements }: Step,
  statement: Statement,
  { durationMs }: ExecutedStatement,
  facts: Pick<RehearsedStatement, "locks" | "rewrites" | "scans">,
): RehearsedStatement {
  const number = statements.indexOf(statement) + 1;
  return { directive, stepId, number, firstLine: firstLine(statement), durationMs, ...facts };
}

function touchedBetween(
  before: ReadonlyMap<string, TableState>,
  after: ReadonlyMap<string, TableState>,
): Pick<RehearsedStatement, "rewrites" | "scans"> {
  const changed = [...after].flatMap(([table, now]) => {
    const then = before.get(table);
    return then === undefined ? [] : [{ table, then, now }];
  });
  return {
    rewrites: changed.filter(({ then, now }) => then.file !== now.file).map(({ table }) => table),
    scans: changed
      .filter(({ then, now }) => now.scans > then.scans)
      .map(({ table, then }) => ({ table, rows: then.rows })),
  };
}

/** Reads files and scans of these tables in this transaction. The build of an index counts as a scan of its table. */
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
