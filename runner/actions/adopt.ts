import type { Client, ClientBase } from "pg";
import { fault } from "../base/fault";
import { takeAlteredSnapshot } from "../catalog/alteredTables";
import { compareSnapshots, formatDifference, type Difference } from "../catalog/compare";
import { fingerprintOf, takeSnapshot } from "../catalog/snapshot";
import { definedObjects } from "../directive/definitions";
import { stepKey, type Directives } from "../directive/directive";
import { executeStep } from "../execute/executeStep";
import { revokeDefaultPrivileges } from "../execute/revokeDefaultPrivileges";
import { appendHistory, HISTORY_STEP_ID, readHistory, appliedSteps } from "../history/history";
import type { Authorization, Snapshot, Step } from "../model";
import { currentUser } from "../plan/makePlan";
import type { PlanRequest, PreparedPlan } from "../plan/plan";
import { planSteps } from "../plan/preparePlan";
import { inMigrationSession, type MigrationSessionOptions } from "../postgres/lockedSession";
import { refuseObstacles } from "./apply";
import { stepEntry } from "./historyEntries";

export interface AdoptRequest
  extends
    PlanRequest,
    Pick<Directives, "expectedWith">,
    Omit<MigrationSessionOptions, "applicationName" | "tables"> {
  /** Decides, under the runner's lock and inside the transaction, whether this adoption may run. */
  readonly authorize: (prepared: PreparedPlan, client: Client) => Promise<Authorization>;
}

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
  request: PlanRequest & Pick<Directives, "expectedWith">,
): Promise<PreparedPlan> {
  const applied = appliedSteps(await readHistory(client));
  const wanted = request.steps.filter((step) => !applied.has(stepKey(step)));
  const candidates = wanted.filter(isAdoptable);
  const owner = await currentUser(client);
  const objects = definedObjects(candidates);
  const live = candidates.length === 0 ? {} : await takeSnapshot(client, objects, owner);
  const missing = candidates.filter(({ id, required }) => !required && isAbsent(live, request, id));
  const chosen = candidates.filter(
    ({ id, required }) => !required && !missing.some((one) => one.id === id),
  );
  const expected = ownEntries(request.expectedWith(chosen.map(({ id }) => id)));
  const differences = candidates.length === 0 ? [] : compareSnapshots(expected, ownEntries(live));
  refuseDifferences(differences, request);
  const adopted = candidates.filter((step) => !missing.includes(step));
  const control = wanted.filter(({ id }) => id === HISTORY_STEP_ID);
  const pending = adopted.length === 0 ? [] : [...control, ...adopted];
  return await planSteps(client, request, { action: "adopt", pending });
}

/**
 * Records in history, as adopted, what somebody made by hand and what is equal to the directives; changes nothing of it.
 * Where there is no history yet, its schema is made, and closed to everybody but the owner.
 *
 * @throws ADOPT_REFUSED, and what authorizing throws; then nothing was changed
 */
export async function adoptDirectives(request: AdoptRequest): Promise<AdoptResult> {
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
    refuseObstacles(prepared, request);
    const authorization = await request.authorize(prepared, client);
    const altered = fingerprintOf(await takeAlteredSnapshot(client, objects, owner));
    for (const step of pending.filter(({ id }) => id === HISTORY_STEP_ID)) {
      await executeStep(client, step, request);
      const { schemas, tables } = definedObjects([step]);
      await revokeDefaultPrivileges(client, schemas[0] ?? "", tables);
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

/** Steps that leave something in the catalog that can be compared; privileges and rows are not among it. */
function isAdoptable({ id, kind }: Step): boolean {
  return id !== HISTORY_STEP_ID && id !== "lockdown" && kind !== "population";
}

/** The history's own schema is made by adoption, not adopted. */
function ownEntries(snapshot: Snapshot): Snapshot {
  return Object.fromEntries(
    Object.entries(snapshot).filter(([key]) => !/^[a-z ]+ v7_control(\.|$)/.test(key)),
  );
}

/** Whether nothing of an optional amendment is there: then it is left for an apply. */
function isAbsent(
  live: Snapshot,
  { expectedWith }: Pick<Directives, "expectedWith">,
  id: string,
): boolean {
  const without = expectedWith([]);
  const added = Object.keys(expectedWith([id])).filter((key) => !(key in without));
  return added.every((key) => !(key in live));
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
