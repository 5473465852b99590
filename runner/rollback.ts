import { DatabaseError, type Client } from "pg";
import type { Authorization } from "./apply";
import { archiveRows, quote, type ArchivedTable } from "./archive";
import { takeSnapshot } from "./catalog";
import { definedObjects } from "./defines";
import { stepKey } from "./directives";
import { executeInverse } from "./executeStep";
import { Fault, fault, messageOf } from "./fault";
import { appendHistory, standingSteps } from "./history";
import type { Step } from "./manifest";
import { inMigrationSession, type MigrationSessionOptions } from "./migrationSession";
import { prepareRollback, type PlanRequest, type PreparedPlan } from "./planner";

export interface RollbackRequest
  extends PlanRequest, Omit<MigrationSessionOptions, "applicationName"> {
  /** Decides, under the runner's lock and inside the transaction, whether this rollback may run. */
  readonly authorize: (prepared: PreparedPlan, client: Client) => Promise<Authorization>;
}

export interface RollbackResult {
  /** The steps that were taken back, in the order in which that was done; empty where none stood. */
  readonly undone: readonly string[];
  /** Where the rows are now. */
  readonly archived: readonly ArchivedTable[];
}

/** The SQLSTATE of an object that something else depends on. */
const DEPENDENT_OBJECTS = "2BP01";

/** The step whose objects outlive a rollback on a protected database: the history must not be lost with what it records. */
const HISTORY_STEP_ID = "v7_control";

/**
 * Takes the directive back, in reverse order, in one transaction: rows are archived first, then each step's inverse
 * runs, then the catalog is looked at again. Nothing is dropped by CASCADE.
 *
 * On a protected database the history stays, with a row for each step taken back, so that no approval can be used
 * twice; elsewhere a rollback of an empty installation leaves no trace.
 *
 * @throws ROLLBACK_BLOCKED naming what of others depends on the directive's objects
 */
export async function rollbackDirective(request: RollbackRequest): Promise<RollbackResult> {
  const applicationName = "v7 rollback";
  return await inMigrationSession({ ...request, applicationName }, (client) =>
    rollbackStanding(client, request),
  );
}

async function rollbackStanding(client: Client, request: RollbackRequest): Promise<RollbackResult> {
  const { allSteps, onProgress = () => undefined } = request;
  const prepared = await prepareRollback(client, request);
  if (prepared.digest === undefined) {
    return { undone: [], archived: [] };
  }
  const authorization = await request.authorize(prepared, client);
  const standing = standingSteps(prepared.history);
  const steps = allSteps.filter((step) => standing.has(stepKey(step)));
  const undone = steps
    .filter((step) => !(prepared.isProtected && step.id === HISTORY_STEP_ID))
    .reverse();
  const objects = definedObjects(steps);
  onProgress("locking the tables and archiving their rows");
  const tables = [...objects.tables, ...objects.columns.map(({ table }) => table)];
  await client.query(
    `LOCK TABLE ${[...new Set(tables.map(quote))].join(", ")} IN ACCESS EXCLUSIVE MODE`,
  );
  const archived = await archiveRows(client, objects, archiveMark(prepared.digest));
  for (const step of undone) {
    await undo(client, step, onProgress);
  }
  await refuseRemains(client, prepared, undone);
  if (prepared.isProtected) {
    await recordRollback(client, prepared, { authorization, archived, undone });
  }
  return { undone: undone.map(({ id }) => id), archived };
}

async function undo(
  client: Client,
  step: Step,
  onProgress: (message: string) => void,
): Promise<void> {
  try {
    await executeInverse(client, step, onProgress);
  } catch (error) {
    const cause = error instanceof Fault ? error.cause : undefined;
    if (cause instanceof DatabaseError && cause.code === DEPENDENT_OBJECTS) {
      throw fault("ROLLBACK_BLOCKED", {
        what: `taking back ${step.id}`,
        found: messageOf(cause),
        expected: "nothing of others to depend on it",
        remedy: "Nothing was changed. Take the dependent objects away, or keep the directive",
        detail: (cause.detail ?? "").split("\n").map((line) => `  - ${line}`),
        cause: error,
      });
    }
    throw error;
  }
}

async function refuseRemains(
  client: Client,
  prepared: PreparedPlan,
  undone: readonly Step[],
): Promise<void> {
  const remains = Object.keys(await takeSnapshot(client, definedObjects(undone), prepared.owner));
  if (remains.length > 0) {
    throw fault("VERIFY_FAILED", {
      what: "looking at the catalog after the rollback",
      found: remains.join(", "),
      expected: "nothing of the directive",
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
