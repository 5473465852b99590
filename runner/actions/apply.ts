import type { Client } from "pg";
import { takeAlteredSnapshot } from "../catalog/alteredTables";
import { revokeExcess } from "../catalog/excessAccess";
import { fingerprintOf } from "../catalog/snapshot";
import { accessSoFar } from "../execute/grantByRun";
import { measureHeldLocks, type TakenLock } from "../execute/heldLocks";
import { appendHistory, historyHead, lastRun } from "../history/history";
import type { Authorization } from "../model";
import { policyRoleObstacles } from "../plan/obstacles/policyRoles";
import type { PreparedPlan } from "../plan/plan";
import { preparePlan } from "../plan/preparePlan";
import { inMigrationSession } from "../postgres/lockedSession";
import { applyUnits, finishUnits, grantAndCompare, runSteps, type Outcome } from "./applyUnits";
import { applyEntries } from "./historyEntries";
import { allowRun, sessionOf, type RunRequest } from "./run";

export interface ApplyResult extends Outcome {
  /** The digest of the plan that ran; where nothing ran, of the plan that ran last. */
  readonly planDigest: string;
}

/** The result of the first transaction. */
interface Applied extends ApplyResult {
  readonly prepared: PreparedPlan;
  readonly authorization: Authorization;
  readonly taken: readonly TakenLock[];
}

/**
 * Applies the directives' pending steps in their order. The steps up to the first required commit (docs/sql.md, the kinds)
 * run in one transaction, all or none. It records the later steps as begun; they run afterwards under the same lock.
 *
 * Takes the lock, plans again, runs each statement unchanged, compares the catalog with what is expected, records, commits,
 * and releases the lock. Running again changes nothing. Where a runner is killed, each transaction is committed or rolled
 * back as a whole, and the next run finishes the begun steps.
 *
 * @throws PRECHECK_FAILED naming every obstacle, before anything runs
 * @throws STATEMENT_FAILED, LOCK_TIMEOUT, VERIFY_FAILED after the current transaction was rolled back
 */
export async function applyDirective(request: RunRequest): Promise<ApplyResult> {
  const applied = await inMigrationSession(
    sessionOf(request, "v7 apply"),
    (client) => applyPending(client, request),
    (begun, client, inTransaction) => {
      const run = { ...begun, locks: measureHeldLocks(begun.taken) };
      return finishUnits(client, request, run, inTransaction);
    },
  );
  const { executed, revoked, planDigest, historyHead, locks } = applied;
  const access = revoked === undefined ? {} : { revoked };
  return { executed, ...access, planDigest, historyHead, locks };
}

async function applyPending(client: Client, request: RunRequest): Promise<Applied> {
  const prepared = await preparePlan(client, request);
  const { digest, history, objects, owner } = prepared;
  if (digest === undefined) {
    if (prepared.unfinished.length > 0) {
      await request.authorize(prepared, client);
    }
    return {
      prepared,
      authorization: {},
      taken: [],
      locks: [],
      executed: [],
      planDigest: lastRun(history)?.planDigest ?? "",
      historyHead: historyHead(history) ?? "",
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
  const notYetRun = later.flatMap(({ steps }) => steps);
  const revoked = [...ran.revoked];
  if (prepared.isAccessPending) {
    const access = accessSoFar(request.matrices, request.steps, notYetRun);
    revoked.push(...(await revokeExcess(client, access, request.members, objects, owner)));
  }
  const outcome = "Nothing was changed: everything was rolled back";
  await grantAndCompare(client, request, prepared, notYetRun, outcome);
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
  };
}
