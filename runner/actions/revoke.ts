import type { Client } from "pg";
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
 * @throws HISTORY_BROKEN, and what connecting and locking throw; then nothing was changed
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
  const entries: HistoryEntry[] = [];
  for (const step of allSteps.filter(({ id }) => id === HISTORY_STEP_ID)) {
    await executeSteps(client, [step]);
    await closeAdded(client, madeObjects([step]));
    entries.push(stepEntry("apply", HISTORY_ROOT, step, 0, { hosts: altered }));
  }
  return entries;
}
