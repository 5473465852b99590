import type { ClientBase } from "pg";
import type { AccessMatrix } from "./access";
import { fingerprintOf, takeSnapshot, type Snapshot } from "./catalog";
import { expectedAccess, takeAccessSnapshot } from "./catalogAccess";
import { definedObjects } from "./defines";
import { compareSnapshots, type Difference } from "./drift";
import { historyHead, readHistory, standingSteps } from "./history";
import type { Step } from "./manifest";

export interface VerifyRequest {
  readonly steps: readonly Step[];
  readonly access: AccessMatrix;
  /** The directive's objects as they must be. */
  readonly expected: Snapshot;
  /** By group role, the logins that the settings give it. */
  readonly members: Readonly<Record<string, readonly string[]>>;
}

export interface Verification {
  /** Of the directive's own objects; who may do what on them does not count. */
  readonly schemaFingerprint: string;
  readonly historyHead: string | null;
  /** Objects and privileges that are not as they should be. Empty: no drift. */
  readonly differences: readonly Difference[];
}

/**
 * Compares the live database with what was approved: the directive's objects with the expected snapshot, privileges
 * and roles with the access matrix, and the history with itself. Reads only.
 *
 * @throws HISTORY_BROKEN
 */
export async function verifyDatabase(
  client: ClientBase,
  request: VerifyRequest,
): Promise<Verification> {
  const history = await readHistory(client);
  const objects = definedObjects(request.steps);
  const standing = standingSteps(history);
  const owner = standing.values().next().value?.appliedBy ?? "";
  const snapshot = await takeSnapshot(client, objects, owner);
  const access = await takeAccessSnapshot(client, request.access, objects, owner);
  return {
    schemaFingerprint: fingerprintOf(snapshot),
    historyHead: historyHead(history),
    differences: [
      ...compareSnapshots(request.expected, snapshot),
      ...compareSnapshots(expectedAccess(request.access, objects, request.members), access),
    ],
  };
}
