import { DatabaseError, type Client } from "pg";
import { Fault, fault, messageOf } from "../base/fault";
import { takeAlteredSnapshot } from "../catalog/alteredTables";
import {
  archiveMark,
  archiveRows,
  hasRows,
  rowsMade,
  type ArchivedTable,
} from "../catalog/archive";
import { restrictArchives } from "../catalog/archiveAccess";
import { compareSnapshots, formatDifference, validated } from "../catalog/compare";
import { definedObjects, tablesOf } from "../catalog/definedObjects";
import { fingerprintOf, formerObjects, takeSnapshot } from "../catalog/snapshot";
import { stepKey } from "../directive/directive";
import { executeInverses } from "../execute/executeStep";
import { canTakeBackRows } from "../execute/formerNames";
import { grantAfterRollback, takeOwnObjects } from "../execute/grantByRun";
import { refuseUnnamedDrops } from "../execute/unnamedDrops";
import { NEVER_RAN } from "../history/begunSteps";
import { appendHistory, HISTORY_STEP_ID, appliedSteps } from "../history/history";
import type { Authorization, Snapshot, Step } from "../model";
import { rollbackObstacles } from "../plan/obstacles/rollback";
import type { PreparedPlan } from "../plan/plan";
import { prepareRollback } from "../plan/preparePlan";
import { refuseObstacles } from "../plan/stoppingObstacles";
import { inMigrationSession } from "../postgres/lockedSession";
import { lockSequences, lockTables } from "../postgres/waitForLock";
import { planEntry } from "./historyEntries";
import { sessionOf, type RunRequest } from "./run";

export interface RollbackResult {
  /** The steps that were rolled back, in that order; empty where none had been applied. */
  readonly undone: readonly string[];
  /** The archives of the rows; empty where nobody had written any. */
  readonly archived: readonly ArchivedTable[];
  /** Whether the tables of others are as they were before the directives; false where somebody changed them. */
  readonly isAsBefore: boolean;
}

/** The SQLSTATE of dropping an object on which another one depends. */
const DEPENDENT_OBJECTS = "2BP01";

const UNCHANGED =
  "No object and no row was changed. Clear all of it and run again, or keep the directives";

const LOOKING = {
  what: "looking for what would block taking the directives back",
  remedy: UNCHANGED,
};

/**
 * Rolls the directives back in reverse order, in one transaction: archives their rows, runs each step's inverse, then checks
 * the catalog. Nothing is dropped by CASCADE, and no object of others is dropped with ours.
 *
 * The history stays on a protected database, so that no approval can be used twice, and where a directive stays; each step
 * that was rolled back gets a row. Otherwise it is dropped: where nobody had written rows, nothing is left.
 *
 * @throws ROLLBACK_BLOCKED naming everything that blocks the rollback, such as objects of others that depend on ours
 * @throws HISTORY_HEAD_LOST where the history has lost the row that Pulumi recorded
 * @throws LOCK_TIMEOUT, STATEMENT_FAILED, VERIFY_FAILED after everything was rolled back
 */
export async function rollbackDirective(request: RunRequest): Promise<RollbackResult> {
  return await inMigrationSession(sessionOf(request, "v7 rollback"), (client) =>
    rollbackApplied(client, request),
  );
}

/**
 * Runs a rollback and undoes it in the same transaction, to find out whether it would be refused before anything is dropped.
 * The approval is judged, but not used.
 *
 * @throws what {@link rollbackDirective} throws
 */
export async function tryRollback(request: RunRequest): Promise<void> {
  await inMigrationSession(sessionOf(request, "v7 rollback"), async (client) => {
    await client.query("SAVEPOINT untouched");
    await rollbackApplied(client, request);
    await client.query("ROLLBACK TO SAVEPOINT untouched");
  });
}

async function rollbackApplied(client: Client, request: RunRequest): Promise<RollbackResult> {
  const { onProgress = () => undefined } = request;
  const prepared = await prepareRollback(client, request);
  if (prepared.digest === undefined) {
    return { undone: [], archived: [], isAsBefore: true };
  }
  refuseObstacles(prepared.obstacles, "ROLLBACK_BLOCKED", LOOKING);
  const authorization = await request.authorize(prepared, client);
  const { objects, owner } = prepared;
  // In the plan's order, the last step first.
  const undone = prepared.pending.filter(
    (step) => !(prepared.isProtected && step.id === HISTORY_STEP_ID),
  );
  onProgress("locking the tables and archiving their rows");
  const held = rowsMade([...prepared.pending].reverse());
  await lockTables(client, tablesOf(objects));
  await lockSequences(client, held.sequences);
  const obstacles = await rollbackObstacles(client, request, prepared);
  refuseObstacles(obstacles, "ROLLBACK_BLOCKED", LOOKING);
  const altered = await takeAlteredSnapshot(client, objects, owner);
  const archived = (await hasOnlySeedRows(client, prepared.pending, held))
    ? []
    : await archiveRows(client, held, archiveMark(prepared.digest));
  await restrictArchives(client, request.access.archiveReaders ?? []);
  const applied = appliedSteps(prepared.history);
  const staying = request.steps.filter(
    (step) => applied.has(stepKey(step)) && !prepared.pending.includes(step),
  );
  const before = await takeOwnObjects(client, staying);
  await refuseUnnamedDrops(client, held, false, () => undo(client, undone, onProgress));
  await refuseRemains(client, prepared, undone, altered);
  await grantAfterRollback(client, request.matrices, staying, before);
  if (!undone.some(({ id }) => id === HISTORY_STEP_ID)) {
    await recordRollback(client, prepared, { authorization, archived, undone });
  }
  const hosts = applied.values().next().value?.details["hosts"];
  return {
    undone: undone.map(({ id }) => id),
    archived,
    isAsBefore: request.to !== undefined || hosts === fingerprintOf(altered),
  };
}

/**
 * Whether nobody has written any rows: after the population's inverses no row is left, and every added column has its
 * default. The inverses are undone: they run in the steps' order, among the others. Where one fails, since a later step
 * took away what it names, nobody can tell, and the rows are archived.
 */
async function hasOnlySeedRows(
  client: Client,
  pending: readonly Step[],
  held: ReturnType<typeof rowsMade>,
): Promise<boolean> {
  await client.query("SAVEPOINT unwritten");
  const isWritten =
    !(await canTakeBackRows(client, [...pending].reverse())) || (await hasRows(client, held));
  // What follows is of the transaction itself again: its rows have the number of the transaction, by which a restore knows them.
  await client.query("ROLLBACK TO SAVEPOINT unwritten; RELEASE SAVEPOINT unwritten");
  return !isWritten;
}

async function undo(
  client: Client,
  steps: readonly Step[],
  onProgress: (message: string) => void,
): Promise<void> {
  try {
    await executeInverses(client, steps, { onProgress });
  } catch (error) {
    const cause = error instanceof Fault ? error.cause : undefined;
    if (
      error instanceof Fault &&
      cause instanceof DatabaseError &&
      cause.code === DEPENDENT_OBJECTS
    ) {
      throw fault("ROLLBACK_BLOCKED", {
        what: error.parts.what,
        found: messageOf(cause),
        expected: "nothing of others to depend on it",
        remedy: UNCHANGED,
        detail: (cause.detail ?? "").split("\n").map((line) => `  - ${line}`),
        cause: error,
      });
    }
    throw error;
  }
}

/** Refuses a rollback after which objects of the directives are left, or the tables of others differ from before. */
async function refuseRemains(
  client: Client,
  { objects, owner }: PreparedPlan,
  undone: readonly Step[],
  altered: Snapshot,
): Promise<void> {
  const made = definedObjects([...undone].reverse());
  const expected = formerObjects(made.change).snapshot;
  const left = validated(expected, await takeSnapshot(client, made, owner));
  const changed = [
    ...compareSnapshots(expected, left),
    ...compareSnapshots(altered, await takeAlteredSnapshot(client, objects, owner)),
  ];
  if (changed.length > 0) {
    throw fault("VERIFY_FAILED", {
      what: "looking at the catalog after the rollback",
      found: changed.map(formatDifference).join(", "),
      expected: "nothing of the directives, and the tables of others untouched",
      remedy:
        "Nothing was changed: everything was rolled back. Compare the rollback files with the directive",
    });
  }
}

async function recordRollback(
  client: Client,
  { plan, digest = "" }: PreparedPlan,
  done: {
    authorization: Authorization;
    archived: readonly ArchivedTable[];
    undone: readonly Step[];
  },
): Promise<void> {
  await appendHistory(
    client,
    (plan?.steps ?? [])
      .filter(({ id }) => id !== HISTORY_STEP_ID)
      .map((planned) =>
        planEntry("rollback", digest, planned, {
          ...done.authorization,
          archived: done.archived,
          ...(done.undone.some((step) => stepKey(step) === stepKey(planned))
            ? {}
            : { state: NEVER_RAN }),
        }),
      ),
  );
}
