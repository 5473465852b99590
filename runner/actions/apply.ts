import type { Client } from "pg";
import { fault } from "../base/fault";
import { takeAlteredSnapshot } from "../catalog/alteredTables";
import { definedObjects, tablesOf } from "../catalog/definedObjects";
import { revokeExcess } from "../catalog/excessAccess";
import { fingerprintOf } from "../catalog/snapshot";
import type { ExecutedStep } from "../execute/executeStep";
import { grantByRun } from "../execute/grantByRun";
import { measureHeldLocks, type TakenLock } from "../execute/heldLocks";
import { appendHistory, historyHead, lastRun } from "../history/history";
import type { Authorization, HeldLock } from "../model";
import { policyRoleObstacles } from "../plan/obstacles/policyRoles";
import type { PlanRequest, PreparedPlan } from "../plan/plan";
import { preparePlan } from "../plan/preparePlan";
import { stoppingObstacles } from "../plan/stoppingObstacles";
import { inMigrationSession, type MigrationSessionOptions } from "../postgres/lockedSession";
import { applyUnits, compareCatalog, finishUnits, runSteps } from "./applyUnits";
import { applyEntries } from "./historyEntries";

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
  readonly authorization: Authorization;
  readonly taken: readonly TakenLock[];
}

/**
 * Brings the directives' pending steps onto the database, in their order: up to the first place where something has to be
 * committed (docs/sql.md, the kinds) all of them, in one transaction, or none. In it the rest is recorded as begun, and
 * follows under the same lock.
 *
 * Lock, recheck, run each statement unchanged, compare the catalog with what is expected, record, commit, unlock.
 * Running again changes nothing. A runner that is killed at any moment leaves each transaction whole or not at all; what it
 * had begun is finished by the next run.
 *
 * @throws PRECHECK_FAILED naming every obstacle, before anything runs
 * @throws STATEMENT_FAILED, LOCK_TIMEOUT, VERIFY_FAILED after everything was rolled back that was not committed before
 */
export async function applyDirective(request: ApplyRequest): Promise<ApplyResult> {
  const applied = await inMigrationSession(
    { ...request, tables: tablesOf(definedObjects(request.allSteps)), applicationName: "v7 apply" },
    (client) => applyPending(client, request),
    async (begun, client, inTransaction): Promise<Applied> => {
      const locks = measureHeldLocks(begun.taken);
      const finished = await finishUnits(client, request, begun, inTransaction);
      const { historyHead = begun.historyHead, snapshot } = finished;
      return {
        ...begun,
        executed: [...begun.executed, ...finished.executed],
        ...(begun.revoked === undefined
          ? {}
          : { revoked: [...begun.revoked, ...finished.revoked] }),
        locks: [...locks, ...finished.locks],
        historyHead,
        ...(snapshot === undefined ? {} : { schemaFingerprint: fingerprintOf(snapshot) }),
      };
    },
  );
  const { executed, revoked, planDigest, historyHead, schemaFingerprint, locks } = applied;
  const access = revoked === undefined ? {} : { revoked };
  return { executed, ...access, planDigest, historyHead, schemaFingerprint, locks };
}

async function applyPending(client: Client, request: ApplyRequest): Promise<Applied> {
  const prepared = await preparePlan(client, request);
  const { digest, history, objects, owner } = prepared;
  if (digest === undefined) {
    return {
      prepared,
      authorization: {},
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
  const altered = fingerprintOf(await takeAlteredSnapshot(client, objects, owner));
  const { first, later } = applyUnits(request, prepared);
  const { executed, archived, taken, ...ran } = await runSteps(client, request, prepared, first, {
    planDigest: digest,
    authorization,
    isAfterCommit: false,
  });
  const revoked = [
    ...ran.revoked,
    ...(prepared.isAccessPending
      ? await revokeExcess(client, request.access, request.members, objects, owner)
      : []),
  ];
  const behind = later.flatMap(({ steps }) => steps);
  await grantByRun(client, request.access, prepared, behind);
  const snapshot = await compareCatalog(
    client,
    request,
    prepared,
    behind,
    "Nothing was changed: everything was rolled back",
  );
  return {
    prepared,
    authorization,
    taken,
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
