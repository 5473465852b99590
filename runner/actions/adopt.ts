import type { ClientBase } from "pg";
import { canonicalJson } from "../base/canonicalJson";
import { fault } from "../base/fault";
import { takeAlteredSnapshot } from "../catalog/alteredTables";
import { isEmptyChange } from "../catalog/change";
import { compareSnapshots, formatDifference, type Difference } from "../catalog/compare";
import { definedObjects } from "../catalog/definedObjects";
import { changeOf, madeObjects } from "../catalog/lockedChange";
import { expectedSnapshot, fingerprintOf, takeSnapshot } from "../catalog/snapshot";
import { stepKey } from "../directive/directive";
import { closeAdded } from "../execute/closeAdded";
import { executeSteps } from "../execute/executeStep";
import { appendHistory, HISTORY_STEP_ID, readHistory, appliedSteps } from "../history/history";
import type { Step } from "../model";
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
 * history; of several directives as many as somebody has executed, in their order. Reads only.
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
  const owner = await currentUser(client);
  const candidates: Step[] = [];
  for (const step of wanted.filter(({ id }) => id !== HISTORY_STEP_ID)) {
    // Steps that only change privileges or rows leave nothing in the catalog to compare.
    const isCompared = !isEmptyChange(changeOf([step]));
    if (isCompared && (step.required || (await isThere(client, step, owner)))) {
      candidates.push(step);
    }
  }
  const adopted = await equalSteps(client, request, candidates, owner);
  const control = wanted.filter(({ id }) => id === HISTORY_STEP_ID);
  const pending = adopted.length === 0 ? [] : [...control, ...adopted];
  return await planSteps(client, request, { action: "adopt", history, pending });
}

/** Whether an object of an optional amendment exists as expected. Otherwise it is left for an apply. */
async function isThere(client: ClientBase, step: Step, owner: string): Promise<boolean> {
  const live = await takeSnapshot(client, definedObjects([step]), owner);
  return Object.entries(await expectedSnapshot(client, [step])).some(
    ([key, entry]) => canonicalJson(live[key] ?? null) === canonicalJson(entry),
  );
}

/**
 * The steps of the first directives, as many as the database is equal to.
 *
 * @throws ADOPT_REFUSED with the fewest differences, where it is not even equal to the first directive
 */
async function equalSteps(
  client: ClientBase,
  request: PlanRequest,
  candidates: readonly Step[],
  owner: string,
): Promise<readonly Step[]> {
  const directives = [...new Set(candidates.map(({ directive }) => directive))];
  let fewest: readonly Difference[] | undefined;
  for (let count = directives.length; count > 0; count--) {
    const first = directives.slice(0, count);
    const steps = candidates.filter(({ directive }) => first.includes(directive));
    const differences = compareSnapshots(
      await expectedSnapshot(client, steps),
      await takeSnapshot(client, definedObjects(steps), owner),
    );
    if (differences.length === 0) {
      return steps;
    }
    fewest = fewest === undefined || differences.length < fewest.length ? differences : fewest;
  }
  refuseDifferences(fewest ?? [], request);
  return [];
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
