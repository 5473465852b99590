import type { ClientBase } from "pg";
import { parseAllowedSigners } from "../approval/allowedSigners";
import { canonicalJson, digestOf } from "../base/canonicalJson";
import { fault } from "../base/fault";
import { when } from "../base/when";
import { definedObjects } from "../catalog/definedObjects";
import { stepKey } from "../directive/directive";
import {
  appendHistory,
  hasHistory,
  historyHead,
  readHistory,
  VOUCH_STEP,
} from "../history/history";
import { pinnedTrust, type PinnedTrust } from "../history/pinnedTrust";
import type { Obstacle } from "../model";
import type { PlanRequest, PreparedPlan } from "../plan/plan";
import { expectedOwner, planOn } from "../plan/preparePlan";
import { inMigrationSession } from "../postgres/lockedSession";
import { planEntry } from "./historyEntries";
import { allowRun, type RunRequest } from "./run";

/** A change of the trusted signers as a step in plans and in the history; it belongs to all directives. */
const TRUST_STEP = { directive: "all", id: "trust", kind: "trust" } as const;

export interface TrustRequest extends PlanRequest {
  /** The new signers and rules. */
  readonly trust: PinnedTrust;
  /** Whether the signers also vouch for all existing rows of the history, some of which may have no proof. */
  readonly vouch?: boolean;
}

export interface TrustResult {
  /** Absent where this trust was pinned already. */
  readonly historyHead?: string;
}

/**
 * Makes the plan of a change of the trusted signers. Reads only.
 *
 * @throws SIGNERS_INVALID, SETTING_INVALID where there would be fewer signers than required approvals
 */
export async function prepareTrust(
  client: ClientBase,
  request: TrustRequest,
): Promise<PreparedPlan> {
  const { trust } = request;
  const names = checkTrust(trust);
  const history = await readHistory(client);
  const objects = definedObjects(request.steps);
  const owner = await expectedOwner(client, history);
  const titles = new Map([
    [stepKey(TRUST_STEP), `${names.join(", ")}; ${String(trust.requiredApprovals)} must approve`],
    [stepKey(VOUCH_STEP), `vouches for the ${String(history.length)} rows of the history so far`],
  ]);
  const pinned = pinnedTrust(history);
  const isPinned = pinned !== undefined && canonicalJson(pinned) === canonicalJson(trust);
  const head = request.vouch === true ? historyHead(history) : null;
  const steps = [
    ...(isPinned ? [] : [{ ...TRUST_STEP, sha256: digestOf(trust) }]),
    ...(head === null ? [] : [{ ...VOUCH_STEP, sha256: head }]),
  ];
  const found = { history, objects, owner, titles };
  const prepared = await planOn(client, request, "trust", steps, found);
  return {
    ...prepared,
    obstacles: [...prepared.obstacles, ...(steps.length === 0 ? [] : await trustObstacles(client))],
  };
}

/**
 * Changes the trusted signers, or vouches for the history, by rows of the history that the present signers approved.
 *
 * @throws PRECHECK_FAILED where there is no history to write to
 * @throws APPROVAL_REQUIRED and its relatives
 */
export async function changeTrust(request: RunRequest & TrustRequest): Promise<TrustResult> {
  const applicationName = "v7 trust";
  return await inMigrationSession({ ...request, applicationName }, async (client) => {
    const prepared = await prepareTrust(client, request);
    const { digest, plan } = prepared;
    if (digest === undefined || plan === undefined) {
      return {};
    }
    const { approvals, proof } = await allowRun(client, request, prepared);
    if (!Array.isArray(approvals) || approvals.length === 0) {
      throw fault("APPROVAL_REQUIRED", {
        what: `changing the trusted signers of database "${request.connection.databaseName}"`,
        found: "a database and a stack that ask for no approval",
        expected: "an approval, which such a change cannot be without",
        remedy: "Run pulumi config set v7:requireApproval true, or leave it: nobody is asked here",
      });
    }
    const entries = plan.steps.map((step) =>
      planEntry("trust", digest, step, {
        approvals,
        ...(step.kind === TRUST_STEP.kind ? { trust: request.trust } : {}),
        proof,
      }),
    );
    return { historyHead: await appendHistory(client, entries) };
  });
}

async function trustObstacles(client: ClientBase): Promise<readonly Obstacle[]> {
  return when(!(await hasHistory(client)), {
    found: "no history: nobody is trusted here yet",
    remedy: "Let the first approved run record the file that v7:allowedSigners names",
  });
}

/**
 * @returns the signers' names
 * @throws SETTING_INVALID where the required number of approvals could never be reached
 */
function checkTrust({ allowedSigners, requiredApprovals }: PinnedTrust): readonly string[] {
  const names = [...new Set(parseAllowedSigners(allowedSigners).map((one) => one.principal))];
  if (!Number.isSafeInteger(requiredApprovals) || requiredApprovals < 1) {
    throw unreachable(String(requiredApprovals), "a whole number of at least 1");
  }
  if (names.length < requiredApprovals) {
    throw unreachable(
      `${String(requiredApprovals)} approvals of ${String(names.length)} signers`,
      "no more approvals than there are signers",
    );
  }
  return names;
}

function unreachable(found: string, expected: string): Error {
  return fault("SETTING_INVALID", {
    what: "reading the new rules on approvals",
    found,
    expected,
    remedy: "Correct --required, or name more signers",
  });
}
