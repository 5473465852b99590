import { DatabaseError, type Client } from "pg";
import { Fault, fault, messageOf } from "../base/fault";
import { takeAlteredSnapshot } from "../catalog/alteredTables";
import { archiveRows, hasRows, type ArchivedTable } from "../catalog/archive";
import { restrictArchives } from "../catalog/archiveAccess";
import { compareSnapshots, formatDifference } from "../catalog/compare";
import { findDependents } from "../catalog/dependents";
import { fingerprintOf, takeSnapshot } from "../catalog/snapshot";
import { definedObjects, tablesOf } from "../directive/definitions";
import type { Directives } from "../directive/directive";
import { executeInverse } from "../execute/executeStep";
import { appendHistory, HISTORY_STEP_ID, appliedSteps } from "../history/history";
import type { Authorization, Snapshot, Step } from "../model";
import type { PlanRequest, PreparedPlan } from "../plan/plan";
import { prepareRollback } from "../plan/preparePlan";
import { inMigrationSession, type MigrationSessionOptions } from "../postgres/lockedSession";
import { lockTables } from "../postgres/waitForLock";
import { refuseObstacles } from "./apply";

export interface RollbackRequest
  extends
    PlanRequest,
    Pick<Directives, "expectedWith">,
    Omit<MigrationSessionOptions, "applicationName" | "tables"> {
  /** Decides, under the runner's lock and inside the transaction, whether this rollback may run. */
  readonly authorize: (prepared: PreparedPlan, client: Client) => Promise<Authorization>;
}

export interface RollbackResult {
  /** The steps that were taken back, in the order in which that was done; empty where none had been applied. */
  readonly undone: readonly string[];
  /** Where the rows are now. Empty where nobody had written any. */
  readonly archived: readonly ArchivedTable[];
  /** Whether the tables of others are as they were before the directives; false where somebody changed them since. */
  readonly isAsBefore: boolean;
}

/** The SQLSTATE of an object that something else depends on. */
const DEPENDENT_OBJECTS = "2BP01";

/**
 * Takes the directives back, in reverse order, in one transaction: rows are archived first, then each step's inverse
 * runs, then the catalog is looked at again. Nothing is dropped by CASCADE, and nothing of others vanishes with ours.
 *
 * On a protected database the history stays, with a row for each step taken back, so that no approval can be used
 * twice; elsewhere a rollback of an installation in which nobody has written leaves no trace.
 *
 * @throws ROLLBACK_BLOCKED naming everything of others that depends on the directives' objects
 * @throws LOCK_TIMEOUT, STATEMENT_FAILED, VERIFY_FAILED after everything was rolled back
 */
export async function rollbackDirective(request: RollbackRequest): Promise<RollbackResult> {
  const tables = tablesOf(definedObjects(request.allSteps));
  return await inMigrationSession(
    { ...request, tables, applicationName: "v7 rollback" },
    (client) => rollbackApplied(client, request),
  );
}

async function rollbackApplied(client: Client, request: RollbackRequest): Promise<RollbackResult> {
  const { onProgress = () => undefined } = request;
  const prepared = await prepareRollback(client, request);
  if (prepared.digest === undefined) {
    return { undone: [], archived: [], isAsBefore: true };
  }
  refuseObstacles(prepared, request);
  const authorization = await request.authorize(prepared, client);
  const { objects, owner } = prepared;
  // Last first, as the plan has them.
  const undone = prepared.pending.filter(
    (step) => !(prepared.isProtected && step.id === HISTORY_STEP_ID),
  );
  onProgress("locking the tables and archiving their rows");
  await lockTables(client, tablesOf(objects));
  await refuseDependents(client, request, prepared);
  const altered = await takeAlteredSnapshot(client, objects, owner);
  const archived = (await hasOnlySeedRows(client, prepared))
    ? []
    : await archiveRows(client, objects, archiveMark(prepared.digest));
  await restrictArchives(client, request.access.archiveReaders ?? []);
  for (const step of undone) {
    await undo(client, step, onProgress);
  }
  await refuseRemains(client, prepared, undone, altered);
  if (prepared.isProtected) {
    await recordRollback(client, prepared, { authorization, archived, undone });
  }
  const before = appliedSteps(prepared.history).values().next().value?.details["hosts"];
  return {
    undone: undone.map(({ id }) => id),
    archived,
    isAsBefore: before === fingerprintOf(altered),
  };
}

async function refuseDependents(
  client: Client,
  { allSteps, expectedWith }: RollbackRequest,
  { objects, snapshot }: PreparedPlan,
): Promise<void> {
  const optional = allSteps.filter(({ required }) => !required).map(({ id }) => id);
  const known = new Set(Object.keys(expectedWith(optional)));
  const dependents = await findDependents(client, objects, snapshot, known);
  if (dependents.length > 0) {
    throw fault("ROLLBACK_BLOCKED", {
      what: "looking for what others built on the directives' objects",
      found: `${String(dependents.length)} object${dependents.length === 1 ? "" : "s"} of others`,
      expected: "none",
      remedy: "Nothing was changed. Take these objects away, or keep the directives",
      detail: dependents.map((name) => `  - ${name}`),
    });
  }
}

/**
 * Whether nobody has written anything: no row is left once the population's inverses took back theirs, and no added
 * column holds anything but its default. Those inverses then stay done; otherwise all is as it was.
 */
async function hasOnlySeedRows(
  client: Client,
  { pending, objects }: PreparedPlan,
): Promise<boolean> {
  await client.query("SAVEPOINT unwritten");
  for (const step of pending.filter(({ kind }) => kind === "population")) {
    await executeInverse(client, step);
  }
  const isWritten = await hasRows(client, objects);
  await client.query(isWritten ? "ROLLBACK TO SAVEPOINT unwritten" : "RELEASE SAVEPOINT unwritten");
  return !isWritten;
}

async function undo(
  client: Client,
  step: Step,
  onProgress: (message: string) => void,
): Promise<void> {
  try {
    await executeInverse(client, step, { onProgress });
  } catch (error) {
    const cause = error instanceof Fault ? error.cause : undefined;
    if (cause instanceof DatabaseError && cause.code === DEPENDENT_OBJECTS) {
      throw fault("ROLLBACK_BLOCKED", {
        what: `taking back ${step.id}`,
        found: messageOf(cause),
        expected: "nothing of others to depend on it",
        remedy: "Nothing was changed. Take the dependent objects away, or keep the directives",
        detail: (cause.detail ?? "").split("\n").map((line) => `  - ${line}`),
        cause: error,
      });
    }
    throw error;
  }
}

/** Nothing of ours is left, and the tables of others are what they were without it. */
async function refuseRemains(
  client: Client,
  { objects, owner }: PreparedPlan,
  undone: readonly Step[],
  altered: Snapshot,
): Promise<void> {
  const remains = Object.keys(await takeSnapshot(client, definedObjects(undone), owner));
  const changed = compareSnapshots(altered, await takeAlteredSnapshot(client, objects, owner));
  if (remains.length + changed.length > 0) {
    throw fault("VERIFY_FAILED", {
      what: "looking at the catalog after the rollback",
      found: [...remains, ...changed.map(formatDifference)].join(", "),
      expected: "nothing of the directives, and the tables of others untouched",
      remedy:
        "Nothing was changed: everything was rolled back. Compare the rollback files with the directive",
    });
  }
}

async function recordRollback(
  client: Client,
  { digest = "" }: PreparedPlan,
  done: {
    authorization: Authorization;
    archived: readonly ArchivedTable[];
    undone: readonly Step[];
  },
): Promise<void> {
  await appendHistory(
    client,
    done.undone.map((step) => ({
      action: "rollback" as const,
      directive: step.directive,
      stepId: step.id,
      stepKind: step.kind,
      stepSha256: step.inverse?.sha256 ?? step.sha256,
      planDigest: digest,
      durationMs: 0,
      details: { ...done.authorization, archived: done.archived },
    })),
  );
}

/** `20261123t211500_1a2b3c4d`: when, and by which plan. */
function archiveMark(digest: string): string {
  const time = new Date().toISOString().slice(0, 19).replace(/[-:]/g, "").toLowerCase();
  return `${time}_${digest.slice(0, 8)}`;
}
