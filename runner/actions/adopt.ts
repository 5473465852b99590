import type { ClientBase } from "pg";
import { canonicalJson } from "../base/canonicalJson";
import { fault } from "../base/fault";
import { takeAlteredSnapshot } from "../catalog/alteredTables";
import { compareSnapshots, formatDifference, type Difference } from "../catalog/compare";
import { definedObjects } from "../catalog/definedObjects";
import { madeObjects } from "../catalog/lockedChange";
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
  /** The steps that the history now records. Their objects were not changed. */
  readonly adopted: readonly string[];
  /** The steps that the next apply runs: privileges, rows, optional amendments whose objects do not exist. */
  readonly left: readonly string[];
  readonly historyHead: string;
}

/**
 * Makes the plan of an adoption: the steps whose objects exist, equal to what the steps would make, and are not in the
 * history. Reads only.
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
    // Steps that only change privileges or rows leave nothing in the catalog to compare.
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
 * Records objects that somebody made by hand, and that are equal to the directives', in the history as adopted, without
 * changing them. Where there is no history yet, its schema is made first, with privileges for the owner only.
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
      await closeAdded(client, madeObjects([step]));
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

/** Whether no object of an optional amendment exists as expected: it is left for an apply then. */
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
