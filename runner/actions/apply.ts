import type { Client } from "pg";
import { takeAlteredSnapshot } from "../catalog/alteredTables";
import { definedObjects, tablesOf } from "../catalog/definedObjects";
import { revokeExcess } from "../catalog/excessAccess";
import { fingerprintOf } from "../catalog/snapshot";
import { measureHeldLocks, type TakenLock } from "../execute/heldLocks";
import { appendHistory, historyHead, lastRun } from "../history/history";
import type { Authorization } from "../model";
import { policyRoleObstacles } from "../plan/obstacles/policyRoles";
import type { PreparedPlan } from "../plan/plan";
import { preparePlan } from "../plan/preparePlan";
import { inMigrationSession } from "../postgres/lockedSession";
import { applyUnits, finishUnits, grantAndCompare, runSteps, type Outcome } from "./applyUnits";
import { applyEntries } from "./historyEntries";
import { allowRun, type RunRequest } from "./run";

export interface ApplyResult extends Outcome {
  /** The digest of the plan that ran; where nothing ran, of the plan that ran last. */
  readonly planDigest: string;
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
export async function applyDirective(request: RunRequest): Promise<ApplyResult> {
  const applied = await inMigrationSession(
    { ...request, tables: tablesOf(definedObjects(request.allSteps)), applicationName: "v7 apply" },
    (client) => applyPending(client, request),
    (begun, client, inTransaction) => {
      const run = { ...begun, locks: measureHeldLocks(begun.taken) };
      return finishUnits(client, request, run, inTransaction);
    },
  );
  const { executed, revoked, planDigest, historyHead, schemaFingerprint, locks } = applied;
  const access = revoked === undefined ? {} : { revoked };
  return { executed, ...access, planDigest, historyHead, schemaFingerprint, locks };
}

async function applyPending(client: Client, request: RunRequest): Promise<Applied> {
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
  const authorization = await allowRun(client, request, {
    ...prepared,
    obstacles: [...prepared.obstacles, ...roles],
  });
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
  const outcome = "Nothing was changed: everything was rolled back";
  const snapshot = await grantAndCompare(client, request, prepared, behind, outcome);
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
