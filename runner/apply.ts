import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { withAdvisoryLock } from "./advisoryLock";
import { fingerprintOf, takeSnapshot, type Snapshot } from "./catalog";
import { refuseTransactionPooler, withConnection } from "./connection";
import { compareSnapshots, formatDifference } from "./drift";
import { executeStep, type ExecutedStep } from "./executeStep";
import { Fault, fault } from "./fault";
import { appendHistory, historyHead, type HistoryEntry } from "./history";
import type { PlanRequest, PreparedPlan } from "./planner";
import { ACCESS_STEP_ID, preparePlan } from "./planner";

/** Why a plan may run: what was signed, by whom. Recorded with every step; empty on an unprotected database. */
export type Authorization = Readonly<Record<string, unknown>>;

export interface ApplyRequest extends PlanRequest {
  /** What the catalog must hold afterwards. */
  readonly expected: Snapshot;
  /** Of each lock that a statement takes. Default: 5. */
  readonly lockTimeoutSeconds?: number;
  /** Of each statement. Default: 600. */
  readonly statementTimeoutSeconds?: number;
  /**
   * Decides, under the runner's lock and inside the transaction, whether this plan may run.
   *
   * @throws APPROVAL_REQUIRED and its relatives
   */
  readonly authorize: (prepared: PreparedPlan, client: Client) => Promise<Authorization>;
  /** Told what is under way. */
  readonly onProgress?: (message: string) => void;
}

export interface ApplyResult {
  /** What ran, in order; empty where nothing was pending. */
  readonly executed: readonly ExecutedStep[];
  /** The digest of the plan that ran; where nothing ran, of the plan that ran last. */
  readonly planDigest: string;
  readonly historyHead: string;
  readonly schemaFingerprint: string;
}

/** How often a transaction that met a lock is tried again, and the pause before each, which grows. */
const LOCK_ATTEMPTS = 5;
const LOCK_PAUSE_MILLISECONDS = 500;

/**
 * Brings the directive's pending steps onto the database: all of them, in one transaction, or none.
 *
 * Lock, recheck, run each statement as it stands, compare the catalog with what is expected, record, commit, unlock.
 * Running again changes nothing. A runner that is killed at any moment leaves either nothing or the whole.
 *
 * @throws PRECHECK_FAILED naming every obstacle, before anything runs
 * @throws STATEMENT_FAILED, LOCK_TIMEOUT, VERIFY_FAILED after everything was rolled back
 */
export async function applyDirective(request: ApplyRequest): Promise<ApplyResult> {
  const onProgress = request.onProgress ?? (() => undefined);
  return await withConnection(
    request.connection,
    async (client) => {
      await refuseTransactionPooler(client, request.connection);
      const onWait = (holder: string): void => {
        onProgress(`another runner is at work, waiting for ${holder}`);
      };
      return await withAdvisoryLock(client, { onWait }, () => applyWithRetries(client, request, onProgress));
    },
    { applicationName: `v7 apply ${request.manifest.directive}` },
  );
}

async function applyWithRetries(
  client: Client,
  request: ApplyRequest,
  onProgress: (message: string) => void,
): Promise<ApplyResult> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await inTransaction(client, request, () => applyPending(client, request, onProgress));
    } catch (error) {
      if (!(error instanceof Fault && error.code === "LOCK_TIMEOUT") || attempt === LOCK_ATTEMPTS) {
        throw error;
      }
      onProgress(`a lock was not to be had, trying again (${String(attempt)} of ${String(LOCK_ATTEMPTS - 1)})`);
      await sleep(LOCK_PAUSE_MILLISECONDS * attempt);
    }
  }
}

async function inTransaction<T>(client: Client, request: ApplyRequest, use: () => Promise<T>): Promise<T> {
  const { lockTimeoutSeconds = 5, statementTimeoutSeconds = 600 } = request;
  await client.query("BEGIN");
  try {
    await client.query("SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true)", [
      `${String(lockTimeoutSeconds * 1000)}ms`,
      `${String(statementTimeoutSeconds * 1000)}ms`,
    ]);
    const result = await use();
    await client.query("COMMIT");
    return result;
  } catch (error) {
    // Where the connection itself is gone, the server rolls back by itself.
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

async function applyPending(
  client: Client,
  request: ApplyRequest,
  onProgress: (message: string) => void,
): Promise<ApplyResult> {
  const prepared = await preparePlan(client, request);
  const { digest, history } = prepared;
  if (digest === undefined) {
    return {
      executed: [],
      planDigest: history.at(-1)?.planDigest ?? "",
      historyHead: historyHead(history) ?? "",
      schemaFingerprint: fingerprintOf(prepared.snapshot),
    };
  }
  refuseObstacles(prepared, request);
  const authorization = await request.authorize(prepared, client);
  const executed: ExecutedStep[] = [];
  for (const step of prepared.pending) {
    executed.push(await executeStep(client, request.manifest.directive, step, onProgress));
  }
  onProgress("comparing the catalog with the directive");
  const snapshot = await takeSnapshot(client, prepared.objects, prepared.owner);
  refuseDifferences(request, snapshot);
  const head = await appendHistory(client, historyEntries(request, prepared, digest, executed, authorization));
  return { executed, planDigest: digest, historyHead: head, schemaFingerprint: fingerprintOf(snapshot) };
}

function refuseObstacles({ obstacles }: PreparedPlan, { manifest, connection }: ApplyRequest): void {
  if (obstacles.length > 0) {
    throw fault("PRECHECK_FAILED", {
      what: `checking database "${connection.databaseName}" for ${manifest.directive}`,
      found: `${String(obstacles.length)} obstacle${obstacles.length === 1 ? "" : "s"}`,
      expected: "none",
      remedy: "Nothing was changed. Clear them all and run again",
      detail: obstacles.map(({ found, remedy }) => `  - ${found}. ${remedy}.`),
    });
  }
}

function refuseDifferences({ expected, manifest }: ApplyRequest, live: Snapshot): void {
  const differences = compareSnapshots(expected, live);
  if (differences.length > 0) {
    throw fault("VERIFY_FAILED", {
      what: `comparing the catalog with ${manifest.directive}'s expected snapshot`,
      found: `${String(differences.length)} difference${differences.length === 1 ? "" : "s"}`,
      expected: "none",
      remedy: "Nothing was changed: everything was rolled back. Look for triggers and event triggers that interfere",
      detail: differences.map((difference) => `  - ${formatDifference(difference)}`),
    });
  }
}

function historyEntries(
  { manifest, access }: ApplyRequest,
  { isAccessPending }: PreparedPlan,
  digest: string,
  executed: readonly ExecutedStep[],
  authorization: Authorization,
): HistoryEntry[] {
  const common = { action: "apply" as const, directive: manifest.directive, planDigest: digest };
  const steps = executed.map(({ step, durationMs, statements }) => ({
    ...common,
    stepId: step.id,
    stepKind: step.kind,
    stepSha256: step.sha256,
    durationMs,
    details: { ...authorization, statements },
  }));
  const accessEntry = {
    ...common,
    stepId: ACCESS_STEP_ID,
    stepKind: "access",
    stepSha256: access.sha256,
    durationMs: 0,
    details: { ...authorization },
  };
  return isAccessPending ? [...steps, accessEntry] : steps;
}
