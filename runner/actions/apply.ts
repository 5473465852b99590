import type { Client } from "pg";
import { fault } from "../base/fault";
import { takeAlteredSnapshot } from "../catalog/alteredTables";
import { archiveMark, archiveRows, rowsTakenAway } from "../catalog/archive";
import { restrictArchives } from "../catalog/archiveAccess";
import { compareSnapshots, formatDifference } from "../catalog/compare";
import { definedObjects, tablesOf } from "../catalog/definedObjects";
import { revokeExcess } from "../catalog/excessAccess";
import { changeOf } from "../catalog/lockedChange";
import { expectedSnapshot, fingerprintOf, takeSnapshot } from "../catalog/snapshot";
import { stepKey } from "../directive/directive";
import { grantStatements } from "../directive/grantStatements";
import { isGrantedByRun } from "../directive/objectType";
import { closeAdded } from "../execute/closeAdded";
import {
  executeConcurrentStep,
  isConcurrent,
  withoutIndexesOf,
} from "../execute/executeConcurrentStep";
import { executeSteps, type ExecutedStep } from "../execute/executeStep";
import { measureHeldLocks, takenLocks, type TakenLock } from "../execute/heldLocks";
import { recordApproval, recordsToMake } from "../execute/recordApproval";
import { FINISHED } from "../history/concurrentSteps";
import { appendHistory, historyHead, lastRun, appliedSteps } from "../history/history";
import type { Authorization, HeldLock, Snapshot, Step } from "../model";
import { policyRoleObstacles } from "../plan/obstacles/policyRoles";
import type { PlanRequest, PreparedPlan } from "../plan/plan";
import { preparePlan } from "../plan/preparePlan";
import { stoppingObstacles } from "../plan/stoppingObstacles";
import {
  DEFAULT_STATEMENT_TIMEOUT_SECONDS,
  inMigrationSession,
  type MigrationSessionOptions,
} from "../postgres/lockedSession";
import { formatName } from "../postgres/names";
import { together } from "../postgres/together";
import { lockTables } from "../postgres/waitForLock";
import { applyEntries, durations, stepEntry } from "./historyEntries";

export interface ApplyRequest
  extends PlanRequest, Omit<MigrationSessionOptions, "applicationName" | "tables"> {
  /**
   * Decides, under the runner's lock and inside the transaction, whether this plan may run.
   *
   * @throws APPROVAL_REQUIRED and its relatives
   */
  readonly authorize: (prepared: PreparedPlan, client: Client) => Promise<Authorization>;
}

export interface ApplyResult {
  /** What ran, in order; empty where nothing was pending. */
  readonly executed: readonly ExecutedStep[];
  /** Where who may do what is another than before: what the run took away, as SQL behind REVOKE. */
  readonly revoked?: readonly string[];
  /** The digest of the plan that ran; where nothing ran, of the plan that ran last. */
  readonly planDigest: string;
  readonly historyHead: string;
  readonly schemaFingerprint: string;
  /** The locks on tables of others, and for how long each was held. */
  readonly locks: readonly HeldLock[];
}

/** What the transaction leaves for afterwards. */
interface Applied extends ApplyResult {
  readonly prepared: PreparedPlan;
  readonly taken: readonly TakenLock[];
}

/**
 * Brings the directives' pending steps onto the database: all of them, in one transaction, or none. Only what cannot run
 * in a transaction (CREATE INDEX CONCURRENTLY, optional) follows after it, under the same lock.
 *
 * Lock, recheck, run each statement unchanged, compare the catalog with what is expected, record, commit, unlock.
 * Running again changes nothing. A runner that is killed at any moment leaves either nothing or the whole; a concurrent
 * index that it left half built is built anew by the next run.
 *
 * @throws PRECHECK_FAILED naming every obstacle, before anything runs
 * @throws STATEMENT_FAILED, LOCK_TIMEOUT, VERIFY_FAILED after everything was rolled back
 */
export async function applyDirective(request: ApplyRequest): Promise<ApplyResult> {
  const applied = await inMigrationSession(
    { ...request, tables: tablesOf(definedObjects(request.allSteps)), applicationName: "v7 apply" },
    (client) => applyPending(client, request),
    async (result, client) => ({
      ...(await finishConcurrent(client, request, result)),
      locks: measureHeldLocks(result.taken),
    }),
  );
  const { executed, revoked, planDigest, historyHead, schemaFingerprint, locks } = applied;
  const access = revoked === undefined ? {} : { revoked };
  return { executed, ...access, planDigest, historyHead, schemaFingerprint, locks };
}

async function applyPending(client: Client, request: ApplyRequest): Promise<Applied> {
  const { onProgress = () => undefined } = request;
  const prepared = await preparePlan(client, request);
  const { digest, history } = prepared;
  if (digest === undefined) {
    return {
      prepared,
      taken: [],
      locks: [],
      executed: [],
      planDigest: lastRun(history)?.planDigest ?? "",
      historyHead: historyHead(history) ?? "",
      schemaFingerprint: fingerprintOf(prepared.snapshot),
    };
  }
  const roles = await policyRoleObstacles(client, prepared.pending, request.access);
  refuseObstacles({ ...prepared, obstacles: [...prepared.obstacles, ...roles] }, request);
  const authorization = await request.authorize(prepared, client);
  const altered = fingerprintOf(
    await takeAlteredSnapshot(client, prepared.objects, prepared.owner),
  );
  const unmade = await recordsToMake(client, prepared.pending);
  const archived = await archiveDropped(client, prepared, digest);
  const executed = await executeSteps(
    client,
    prepared.pending.filter((one) => !isConcurrent(one)),
    { onProgress },
  );
  await recordApproval(client, digest, authorization, unmade);
  await restrictArchives(client, request.access.archiveReaders ?? []);
  const revoked = [
    ...(await closeAdded(client, changeOf(prepared.pending))),
    ...(prepared.isAccessPending
      ? await revokeExcess(
          client,
          request.access,
          request.members,
          prepared.objects,
          prepared.owner,
        )
      : []),
  ];
  const grants = request.access.grants.filter(isGrantedByRun);
  await together(grantStatements({ grants }).map((statement) => client.query(statement)));
  onProgress("comparing the catalog with the directives");
  const later = [...prepared.pending.filter(isConcurrent), ...prepared.unfinished];
  const [expected, snapshot] = await together([
    expectedSnapshot(client, request.steps),
    takeSnapshot(client, prepared.objects, prepared.owner),
  ]);
  refuseDifferences(
    withoutIndexesOf(expected, later),
    withoutIndexesOf(snapshot, later),
    "Nothing was changed: everything was rolled back",
  );
  return {
    prepared,
    taken: await takenLocks(client, tablesBefore(prepared), executed),
    locks: [],
    executed,
    ...(prepared.isAccessPending ? { revoked } : {}),
    planDigest: digest,
    historyHead: await appendHistory(
      client,
      applyEntries(request, prepared, executed, authorization, {
        alteredTables: altered,
        revoked,
        archived,
      }),
    ),
    schemaFingerprint: fingerprintOf(snapshot),
  };
}

/** Archives the rows of what the steps take away, under locks that they need anyway: nothing is lost. */
async function archiveDropped(client: Client, prepared: PreparedPlan, digest: string) {
  const held = rowsTakenAway(changeOf(prepared.pending));
  const tables = [...held.tables, ...held.columns.map(({ table }) => table)];
  if (tables.length === 0) {
    return [];
  }
  await lockTables(client, tables);
  return await archiveRows(client, held, archiveMark(digest));
}

/** What cannot run in a transaction, once what can is committed. Approved with it, or by the plan that began it. */
async function finishConcurrent(
  client: Client,
  request: ApplyRequest,
  applied: Applied,
): Promise<Applied> {
  const { onProgress = () => undefined } = request;
  const { pending, unfinished, objects, owner } = applied.prepared;
  const steps = [...unfinished, ...pending.filter(isConcurrent)];
  if (steps.length === 0) {
    return applied;
  }
  // No lock is in anybody's way while such an index is built; how long it may take is the statement's own limit.
  await client.query("SELECT set_config('statement_timeout', $1, false)", [
    `${String(request.statementTimeoutSeconds ?? DEFAULT_STATEMENT_TIMEOUT_SECONDS)}s`,
  ]);
  const executed: ExecutedStep[] = [];
  for (const step of steps) {
    executed.push(await executeConcurrentStep(client, step, onProgress));
  }
  const snapshot = await takeSnapshot(client, objects, owner);
  const expected = await expectedSnapshot(client, request.steps);
  refuseDifferences(expected, snapshot, "The transaction before it was committed");
  const head = await appendHistory(
    client,
    executed.map(({ step, durationMs, statements }) =>
      stepEntry("apply", begunBy(step, applied), step, durationMs, {
        state: FINISHED,
        statements: durations(statements),
      }),
    ),
  );
  return {
    ...applied,
    executed: [...applied.executed, ...executed],
    historyHead: head,
    schemaFingerprint: fingerprintOf(snapshot),
  };
}

/** The digest of the plan that allowed a concurrent step: this run's, or that of the run which began it. */
function begunBy(step: Step, { prepared, planDigest }: Applied): string {
  const begun = prepared.unfinished.includes(step) ? appliedSteps(prepared.history) : undefined;
  return begun?.get(stepKey(step))?.planDigest ?? planDigest;
}

/** The tables that others could be using while the plan runs. */
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

/**
 * Refuses a plan with obstacles that do not pass by themselves.
 *
 * @throws PRECHECK_FAILED naming every obstacle
 */
export function refuseObstacles(
  prepared: PreparedPlan,
  { connection }: Pick<PlanRequest, "connection">,
): void {
  const obstacles = stoppingObstacles(prepared.obstacles);
  if (obstacles.length > 0) {
    throw fault("PRECHECK_FAILED", {
      what: `checking database "${connection.databaseName}" for the directives`,
      found: `${String(obstacles.length)} obstacle${obstacles.length === 1 ? "" : "s"}`,
      expected: "none",
      remedy: "Nothing was changed. Clear them all and run again",
      detail: obstacles.map(({ found, remedy }) => `  - ${found}. ${remedy}.`),
    });
  }
}

function refuseDifferences(expected: Snapshot, live: Snapshot, outcome: string): void {
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
