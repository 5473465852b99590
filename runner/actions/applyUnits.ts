import type { Client } from "pg";
import { fault } from "../base/fault";
import { archiveMark, archiveRows, rowsTakenAway, type ArchivedTable } from "../catalog/archive";
import { restrictArchives } from "../catalog/archiveAccess";
import { compareSnapshots, formatDifference } from "../catalog/compare";
import { definedObjects, tablesOf } from "../catalog/definedObjects";
import { snapshotKey } from "../catalog/kinds/objectId";
import { changeOf, grantedObjects, madeObjects } from "../catalog/lockedChange";
import { expectedSnapshot, takeSnapshot } from "../catalog/snapshot";
import { stepKey } from "../directive/directive";
import { closeAdded } from "../execute/closeAdded";
import { executeSteps, type ExecutedStep } from "../execute/executeStep";
import { executeUnit } from "../execute/executeUnit";
import { grantByRun } from "../execute/grantByRun";
import { measureHeldLocks, takenLocks, type TakenLock } from "../execute/heldLocks";
import { recordApproval, recordsToMake } from "../execute/recordApproval";
import { isConcurrent, unitsOf, type Unit } from "../execute/units";
import { refuseUnnamedDrops } from "../execute/unnamedDrops";
import { appendHistory, appliedSteps } from "../history/history";
import type { Authorization, HeldLock, Step } from "../model";
import { shadowObstacles } from "../plan/obstacles/shadows";
import type { PlanRequest, PreparedPlan } from "../plan/plan";
import { refuseObstacles } from "../plan/stoppingObstacles";
import {
  DEFAULT_STATEMENT_TIMEOUT_SECONDS,
  type InTransaction,
  type MigrationSessionOptions,
} from "../postgres/lockedSession";
import { formatName } from "../postgres/names";
import { together } from "../postgres/together";
import { lockSequences, lockTables } from "../postgres/waitForLock";
import { finishedEntry } from "./historyEntries";

type UnitsRequest = Pick<PlanRequest, "steps" | "access"> &
  Pick<MigrationSessionOptions, "statementTimeoutSeconds" | "onProgress">;

/** The steps of an apply, cut where it commits. */
export interface ApplyUnits {
  /** The steps in the plan's own transaction; none where an unfinished step, or one that commits by itself, comes first. */
  readonly first: readonly Step[];
  /** The units after that transaction, in their order. */
  readonly later: readonly Unit[];
}

/** Cuts the pending and the unfinished steps, in their order, into units. */
export function applyUnits(
  { steps }: Pick<PlanRequest, "steps">,
  { pending, unfinished }: PreparedPlan,
): ApplyUnits {
  const units = unitsOf(steps.filter((one) => pending.includes(one) || unfinished.includes(one)));
  const [head, ...rest] = units;
  return head?.isTransaction === true && !head.steps.some((one) => unfinished.includes(one))
    ? { first: head.steps, later: rest }
    : { first: [], later: units };
}

/** The result of one unit's steps. */
export interface RanSteps {
  readonly executed: readonly ExecutedStep[];
  /** The archives of rows that the steps dropped with tables and columns. */
  readonly archived: readonly ArchivedTable[];
  /** The privileges that were revoked on added objects, as SQL without REVOKE. */
  readonly revoked: readonly string[];
  readonly taken: readonly TakenLock[];
}

/** The plan that allows steps to run, and its authorization. */
interface Allowed {
  readonly planDigest: string;
  readonly authorization: Authorization;
}

/**
 * Runs steps in the caller's transaction. Archives the rows that they drop, records their approvals where the manifest says
 * so, and revokes all privileges on the objects that they add.
 */
export async function runSteps(
  client: Client,
  { access, onProgress = () => undefined }: UnitsRequest,
  prepared: PreparedPlan,
  steps: readonly Step[],
  { planDigest, authorization, isAfterCommit }: Allowed & { readonly isAfterCommit: boolean },
): Promise<RanSteps> {
  const unmade = await recordsToMake(client, steps);
  const dropped = rowsTakenAway(steps);
  const archived = await archiveDropped(client, dropped, planDigest);
  const executed = await refuseUnnamedDrops(client, dropped, isAfterCommit, () =>
    executeSteps(client, steps, { onProgress, isAfterCommit }),
  );
  await recordApproval(client, planDigest, authorization, unmade);
  await restrictArchives(client, access.archiveReaders ?? []);
  return {
    executed,
    archived,
    revoked: await closeAdded(client, [...madeObjects(steps), ...grantedObjects(steps)]),
    taken: await takenLocks(client, tablesBefore(prepared), executed),
  };
}

/** Archives the rows of dropped tables and columns, and positions. These are locked first, as the steps would do anyway. */
async function archiveDropped(
  client: Client,
  held: ReturnType<typeof rowsTakenAway>,
  planDigest: string,
): Promise<readonly ArchivedTable[]> {
  await lockTables(client, [...held.tables, ...held.columns.map(({ table }) => table)]);
  await lockSequences(client, held.sequences);
  return await archiveRows(client, held, archiveMark(planDigest));
}

/** The tables that existed before the plan, which other sessions may use while it runs. */
function tablesBefore({ snapshot, objects }: PreparedPlan): ReadonlySet<string> {
  return new Set(
    tablesOf(objects)
      .map(formatName)
      .filter(
        (name) =>
          `table ${name}` in snapshot ||
          objects.columns.some(({ table }) => formatName(table) === name),
      ),
  );
}

/** The result of a run so far. */
export interface Outcome {
  /** What ran, in order; empty where nothing was pending. */
  readonly executed: readonly ExecutedStep[];
  /** What the run revoked, as SQL without REVOKE; absent where the access matrix did not change. */
  readonly revoked?: readonly string[];
  readonly historyHead: string;
  /** The locks on tables that existed before, with the time for which each was held. */
  readonly locks: readonly HeldLock[];
}

/** A run whose first transaction is committed. */
interface Begun extends Outcome {
  readonly prepared: PreparedPlan;
  readonly authorization: Authorization;
}

/**
 * Runs the units after the plan's transaction, and records each as finished, in its own transaction where it is one. They are
 * allowed by the plan, or by the earlier plan that began them.
 *
 * @returns the run with the results of these units added
 * @throws STATEMENT_FAILED, LOCK_TIMEOUT, VERIFY_FAILED; committed units stay, and the next run goes on from there
 */
export async function finishUnits<Run extends Begun>(
  client: Client,
  request: UnitsRequest,
  begun: Run,
  inTransaction: InTransaction,
): Promise<Run> {
  const { later } = applyUnits(request, begun.prepared);
  let run = begun;
  if (later.length > 0) {
    // For statements outside of a transaction, such as the build of an index, during which others can write.
    await client.query("SELECT set_config('statement_timeout', $1, false)", [
      `${String(request.statementTimeoutSeconds ?? DEFAULT_STATEMENT_TIMEOUT_SECONDS)}s`,
    ]);
  }
  for (const [index, unit] of later.entries()) {
    const notYetRun = later.slice(index + 1).flatMap(({ steps }) => steps);
    const finish = async () => {
      const ran = await runUnit(client, request, begun, unit, inTransaction);
      const outcome = "What was committed before stays";
      await grantAndCompare(client, request, begun.prepared, notYetRun, outcome);
      const entries = ran.executed.map((one) =>
        finishedEntry(allowedBy(one.step, begun).planDigest, one, ran),
      );
      return { ran, historyHead: await appendHistory(client, entries) };
    };
    const { ran, historyHead } = await (unit.isTransaction ? inTransaction(finish) : finish());
    run = {
      ...run,
      historyHead,
      executed: [...run.executed, ...ran.executed],
      ...(run.revoked === undefined ? {} : { revoked: [...run.revoked, ...ran.revoked] }),
      locks: [...run.locks, ...measureHeldLocks(ran.taken)],
    };
  }
  return run;
}

async function runUnit(
  client: Client,
  request: UnitsRequest,
  begun: Begun,
  unit: Unit,
  inTransaction: InTransaction,
): Promise<RanSteps> {
  const [step] = unit.steps;
  const refuse = (): Promise<void> => refuseShadows(client, begun.prepared, unit.steps);
  await refuse();
  if (unit.isTransaction && step !== undefined) {
    return await runSteps(client, request, begun.prepared, unit.steps, {
      ...allowedBy(step, begun),
      isAfterCommit: true,
    });
  }
  const { onProgress = () => undefined } = request;
  const executed = await executeUnit(client, unit, {
    onProgress,
    isAfterCommit: true,
    inTransaction: (use) =>
      inTransaction(async () => {
        await refuse();
        return await use();
      }),
  });
  return { executed, archived: [], revoked: [], taken: [] };
}

/**
 * Refuses to go on after a commit where somebody has made an object since that a name in the statements may mean instead.
 *
 * @throws PRECHECK_FAILED
 */
async function refuseShadows(
  client: Client,
  { objects }: Pick<PreparedPlan, "objects">,
  steps: readonly Step[],
): Promise<void> {
  const statements = steps.flatMap((step) => step.statements);
  refuseObstacles(await shadowObstacles(client, { statements, objects }), "PRECHECK_FAILED", {
    what: `looking again before ${steps.map(({ id }) => id).join(", ")}`,
    remedy: "What was committed before stays. Clear them all and run again",
  });
}

/** The plan that allows a step: this run's, or that of the run which began the step. */
function allowedBy(step: Step, { prepared, authorization }: Begun): Allowed {
  const { unfinished, history, digest: planDigest = "" } = prepared;
  const row = unfinished.includes(step) ? appliedSteps(history).get(stepKey(step)) : undefined;
  return row === undefined
    ? { planDigest, authorization }
    : { planDigest: row.planDigest, authorization: row.details };
}

/**
 * Makes the run's grants, then compares the catalog with what is expected after the steps that have run so far.
 *
 * @param notYetRun the steps that run later; a killed run may have left an index of theirs
 * @param outcome what the message says about the database where they differ
 * @throws VERIFY_FAILED
 */
export async function grantAndCompare(
  client: Client,
  { steps, access, onProgress = () => undefined }: UnitsRequest,
  prepared: PreparedPlan,
  notYetRun: readonly Step[],
  outcome: string,
): Promise<void> {
  await grantByRun(client, access, prepared, notYetRun);
  onProgress("comparing the catalog with the directives");
  const ran = steps.filter((step) => !notYetRun.includes(step));
  const [expected, snapshot] = await together([
    expectedSnapshot(client, ran),
    takeSnapshot(client, definedObjects(ran), prepared.owner),
  ]);
  const left = changeOf(notYetRun.filter(isConcurrent)).added.map(({ id }) => snapshotKey(id));
  const live = Object.fromEntries(Object.entries(snapshot).filter(([key]) => !left.includes(key)));
  const differences = compareSnapshots(expected, live);
  if (differences.length > 0) {
    throw fault("VERIFY_FAILED", {
      what: "comparing the catalog with the expected snapshot",
      found: `${String(differences.length)} difference${differences.length === 1 ? "" : "s"}`,
      expected: "none",
      remedy: `${outcome}. Look for triggers and event triggers that interfere`,
      detail: differences.map((difference) => `  - ${formatDifference(difference)}`),
    });
  }
}
