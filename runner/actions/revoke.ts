import type { Client } from "pg";
import { fault } from "../base/fault";
import { takeAlteredSnapshot } from "../catalog/alteredTables";
import { definedObjects } from "../catalog/definedObjects";
import { madeObjects } from "../catalog/lockedChange";
import { fingerprintOf } from "../catalog/snapshot";
import { closeAdded } from "../execute/closeAdded";
import { executeSteps } from "../execute/executeStep";
import {
  appendHistory,
  hasHistory,
  HISTORY_ROOT,
  HISTORY_STEP_ID,
  HISTORY_STEP_SHA256,
  historyHead,
  readHistory,
  type HistoryEntry,
} from "../history/history";
import { revocationEntry, revocationsIn, type Revocation } from "../history/revocations";
import { currentUser } from "../plan/makePlan";
import type { PlanRequest } from "../plan/plan";
import { inMigrationSession, type MigrationSessionOptions } from "../postgres/lockedSession";
import { stepEntry } from "./historyEntries";

export interface RevokeRequest
  extends
    Pick<PlanRequest, "allSteps" | "steps">,
    Omit<MigrationSessionOptions, "applicationName" | "tables"> {
  readonly revoked: Revocation;
  /** The reason, as one line; may be empty. */
  readonly reason: string;
}

export interface RevokeResult {
  /** False where it was revoked before: nothing was written. */
  readonly isNew: boolean;
  readonly historyHead: string;
}

/**
 * Writes a revocation to the database's history. No file of a repository overrides it, and no later row undoes it. It needs
 * a login that may write to the history, but no approval.
 *
 * Where there is no history yet, its schema is made first, with privileges for the owner only, so that the first plan can
 * be revoked as well.
 *
 * @throws HISTORY_BROKEN, DIRECTIVE_CHANGED, and what connecting and locking throw; then nothing was changed
 */
export async function revoke(request: RevokeRequest): Promise<RevokeResult> {
  return await inMigrationSession({ ...request, applicationName: "v7 revoke" }, async (client) => {
    const history = await readHistory(client);
    const { nonces, fingerprints, plans } = revocationsIn(history);
    const known = { nonce: nonces, key: fingerprints, plan: plans }[request.revoked.kind];
    if (known.has(request.revoked.value)) {
      return { isNew: false, historyHead: historyHead(history) ?? "" };
    }
    const made = (await hasHistory(client)) ? [] : await makeHistory(client, request);
    const no = revocationEntry(request.revoked, request.reason);
    return { isNew: true, historyHead: await appendHistory(client, [...made, no]) };
  });
}

async function makeHistory(
  client: Client,
  { allSteps, steps }: RevokeRequest,
): Promise<readonly HistoryEntry[]> {
  const objects = definedObjects(steps);
  const altered = fingerprintOf(
    await takeAlteredSnapshot(client, objects, await currentUser(client)),
  );
  const step = allSteps.find(
    ({ id, sha256 }) => id === HISTORY_STEP_ID && sha256 === HISTORY_STEP_SHA256,
  );
  if (step === undefined) {
    throw fault("DIRECTIVE_CHANGED", {
      what: `looking for the step "${HISTORY_STEP_ID}", which makes the history`,
      found: "none with the bytes that this version of the runner knows",
      expected: `sha256 ${HISTORY_STEP_SHA256}: nobody signs for what a revocation runs`,
      remedy: "Restore the file from version control",
    });
  }
  await executeSteps(client, [step]);
  // Only what these bytes make, whatever the lock says.
  const made = madeObjects([step]).filter(({ schema, name }) => (schema ?? name) === "v7_control");
  await closeAdded(client, made);
  return [stepEntry("apply", HISTORY_ROOT, step, 0, { hosts: altered })];
}
