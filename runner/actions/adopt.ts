import type { ClientBase } from "pg";
import { canonicalJson } from "../base/canonicalJson";
import { fault } from "../base/fault";
import { takeAlteredSnapshot } from "../catalog/alteredTables";
import { compareSnapshots, formatDifference, type Difference } from "../catalog/compare";
import { definedObjects } from "../catalog/definedObjects";
import { changeOf } from "../catalog/lockedChange";
import { expectedSnapshot, fingerprintOf, takeSnapshot } from "../catalog/snapshot";
import { stepKey } from "../directive/directive";
import { closeAdded } from "../execute/closeAdded";
import { executeSteps } from "../execute/executeStep";
import { appendHistory, HISTORY_STEP_ID, readHistory, appliedSteps } from "../history/history";
import type { Snapshot, Step } from "../model";
import { currentUser } from "../plan/makePlan";
import type { PlanRequest, PreparedPlan } from "../plan/plan";
import { planSteps } from "../plan/preparePlan";
import { inMigrationSession } from "../postgres/lockedSession";
import { stepEntry } from "./historyEntries";
import { allowRun, type RunRequest } from "./run";

export interface AdoptResult {
  /** The steps that history now knows of. Nothing of theirs was changed. */
  readonly adopted: readonly string[];
  /** The steps that are left for the next apply: privileges, rows, optional amendments that are not there. */
  readonly left: readonly string[];
  readonly historyHead: string;
}

/**
 * What of the directives is in the database without history knowing of it, equal to what they would have made.
 * Reads only.
 *
 * @throws ADOPT_REFUSED naming every difference
 */
export async function prepareAdopt(
  client: ClientBase,
  request: PlanRequest,
): Promise<PreparedPlan> {
  const history = await readHistory(client);
  const applied = appliedSteps(history);
  const wanted = request.steps.filter((step) => !applied.has(stepKey(step)));
  const candidates: Step[] = [];
  const owner = await currentUser(client);
  for (const step of wanted.filter(({ id }) => id !== HISTORY_STEP_ID)) {
    const expected = await expectedSnapshot(client, [step]);
    // Privileges and rows leave nothing in the catalog that can be compared.
    const isCompared = Object.keys(expected).length > 0;
    const isThere = async (): Promise<boolean> =>
      !isAbsent(expected, await takeSnapshot(client, definedObjects([step]), owner));
    if (isCompared && (step.required || (await isThere()))) {
      candidates.push(step);
    }
  }
  const differences = compareSnapshots(
    await expectedSnapshot(client, candidates),
    await takeSnapshot(client, definedObjects(candidates), owner),
  );
  refuseDifferences(differences, request);
  const control = wanted.filter(({ id }) => id === HISTORY_STEP_ID);
  const pending = candidates.length === 0 ? [] : [...control, ...candidates];
  return await planSteps(client, request, { action: "adopt", history, pending });
}

/**
 * Records in history, as adopted, what somebody made by hand and what is equal to the directives; changes nothing of it.
 * Where there is no history yet, its schema is made, and closed to everybody but the owner.
 *
 * @throws ADOPT_REFUSED, and what authorizing throws; then nothing was changed
 */
export async function adoptDirectives(request: RunRequest): Promise<AdoptResult> {
  return await inMigrationSession({ ...request, applicationName: "v7 adopt" }, async (client) => {
    const prepared = await prepareAdopt(client, request);
    const { pending, digest = "", objects, owner, history } = prepared;
    const left = request.steps.filter(
      (step) => !pending.includes(step) && !appliedSteps(history).has(stepKey(step)),
    );
    if (pending.length === 0) {
      return {
        adopted: [],
        left: left.map(({ id }) => id),
        historyHead: history.at(-1)?.digest ?? "",
      };
    }
    const authorization = await allowRun(client, request, prepared);
    const altered = fingerprintOf(await takeAlteredSnapshot(client, objects, owner));
    for (const step of pending.filter(({ id }) => id === HISTORY_STEP_ID)) {
      await executeSteps(client, [step], request);
      await closeAdded(client, changeOf([step]));
    }
    const entries = pending.map((step) =>
      stepEntry(step.id === HISTORY_STEP_ID ? "apply" : "adopt", digest, step, 0, {
        ...authorization,
        hosts: altered,
      }),
    );
    return {
      adopted: pending.filter(({ id }) => id !== HISTORY_STEP_ID).map(({ id }) => id),
      left: left.map(({ id }) => id),
      historyHead: await appendHistory(client, entries),
    };
  });
}

/** Whether nothing of an optional amendment is there: then it is left for an apply. */
function isAbsent(expected: Snapshot, live: Snapshot): boolean {
  return Object.entries(expected).every(
    ([key, entry]) => !(key in live) || canonicalJson(live[key]) !== canonicalJson(entry),
  );
}

function refuseDifferences(differences: readonly Difference[], { connection }: PlanRequest): void {
  if (differences.length > 0) {
    throw fault("ADOPT_REFUSED", {
      what: `comparing database "${connection.databaseName}" with the directives, to adopt the objects that are there`,
      found: `${String(differences.length)} difference${differences.length === 1 ? "" : "s"}`,
      expected: "no difference: only equal objects are adopted",
      remedy: "Nothing was changed. Make the objects equal, or remove them and apply the directive",
      detail: differences.map((difference) => `  - ${formatDifference(difference)}`),
    });
  }
}
