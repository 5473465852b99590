import type { ClientBase } from "pg";
import { fault } from "../base/fault";
import { definedObjects } from "../catalog/definedObjects";
import { findExcess } from "../catalog/excessAccess";
import { fingerprintOf, takeObjects } from "../catalog/snapshot";
import { accessDigest } from "../directive/accessMatrix";
import { stepKey } from "../directive/directive";
import { hasNotRun, isUnfinished } from "../history/begunSteps";
import {
  refuseChangedSteps,
  refuseForgottenSteps,
  refuseLackingDirectives,
} from "../history/checkHistory";
import { ACCESS_STEP, appliedSteps, lastRun, readHistory } from "../history/history";
import { refuseLostHead } from "../history/knownHead";
import { recordedOwner } from "../history/recordedOwner";
import type { HistoryRow, Obstacle, PlanAction, PlannedStep, Step } from "../model";
import { databaseIdentity } from "../postgres/databaseIdentity";
import { isProtected } from "../postgres/protection";
import { together } from "../postgres/together";
import { currentUser, makePlan } from "./makePlan";
import { findObstacles } from "./obstacles";
import { rollbackObstacles } from "./obstacles/rollback";
import { serverObstacles } from "./obstacles/server";
import { planDigest, plannedStep, type PlanRequest, type PreparedPlan } from "./plan";

const ACCESS_TITLES: ReadonlyMap<string, string> = new Map([
  [stepKey(ACCESS_STEP), "The access matrix"],
]);

/**
 * Makes the plan of an apply: the steps that are wanted and have not been applied. Reads only.
 *
 * @throws HISTORY_BROKEN, HISTORY_HEAD_LOST where the history cannot be trusted
 * @throws HISTORY_CONFLICT where a step that ran has other bytes now, or is of a directive that this checkout lacks
 */
export async function preparePlan(client: ClientBase, request: PlanRequest): Promise<PreparedPlan> {
  const { steps } = request;
  const history = await readHistory(client);
  await refuseLostHead(client, history, request.knownHead);
  const applied = appliedSteps(history);
  refuseChangedSteps(steps, applied);
  refuseForgottenSteps(request, applied);
  refuseLackingDirectives(applied, request.allSteps);
  const pending = steps.filter((step) => !applied.has(stepKey(step)));
  const isAccessPending = applied.get(stepKey(ACCESS_STEP))?.stepSha256 !== accessDigest(request);
  const objects = definedObjects(steps);
  const owner = await expectedOwner(client, history);
  const planned = pendingSteps(request, pending, isAccessPending);
  const ran = steps.filter((step) => applied.has(stepKey(step)));
  const found = {
    titles: ACCESS_TITLES,
    pending,
    unfinished: steps.filter((step) => isUnfinished(applied.get(stepKey(step)))),
    isAccessPending,
    history,
    objects,
    owner,
  };
  const [prepared, revocations] = await together([
    planOn(client, request, "apply", planned, found, () =>
      findObstacles(client, {
        ...request,
        pending,
        objects: definedObjects(pending),
        statements: pending.flatMap(({ statements }) => statements),
        applied: definedObjects(ran),
        ran: found.unfinished.length > 0 ? [] : ran,
        optional: request.allSteps.filter(({ required }) => !required),
        ownSchemas: objects.schemas,
        // Members that were approved before are the stack's own logins.
        members: isAccessPending ? request.members : {},
        owner,
      }),
    ),
    isAccessPending ? findExcess(client, request.access, request.members, objects, owner) : [],
  ]);
  return { ...prepared, revocations };
}

/**
 * Makes the plan of a rollback: the applied steps, last first, with the digests of their inverses, and the steps that were
 * begun and have done nothing; with the obstacles. Reads only.
 *
 * @throws HISTORY_BROKEN, HISTORY_HEAD_LOST where the history cannot be trusted
 * @throws HISTORY_CONFLICT where a directive that has been applied is not in this checkout
 */
export async function prepareRollback(
  client: ClientBase,
  request: PlanRequest,
): Promise<PreparedPlan> {
  const history = await readHistory(client);
  await refuseLostHead(client, history, request.knownHead);
  const applied = appliedSteps(history);
  refuseLackingDirectives(applied, request.allSteps);
  const recorded = stepsAfter(request)
    .filter((step) => applied.has(stepKey(step)))
    .reverse();
  const idle = recorded.filter((step) => hasNotRun(step, applied.get(stepKey(step))));
  const pending = recorded.filter((step) => !idle.includes(step));
  const planned = recorded.map((step) => ({
    ...plannedStep(step),
    sha256: (idle.includes(step) ? undefined : step.inverse?.sha256) ?? step.sha256,
  }));
  const titles = new Map(
    idle.map((step) => [
      stepKey(step),
      `${step.title}: begun and never run, so nothing runs for it`,
    ]),
  );
  const prepared = await planSteps(client, request, {
    action: "rollback",
    history,
    pending,
    planned,
    titles,
  });
  if (prepared.plan === undefined) {
    return prepared;
  }
  const obstacles = await rollbackObstacles(client, request, prepared);
  return { ...prepared, obstacles: [...prepared.obstacles, ...obstacles] };
}

/** The steps of the directives after the last one that stays. */
function stepsAfter({ allSteps, to }: PlanRequest): readonly Step[] {
  if (to === undefined) {
    return allSteps;
  }
  const last = allSteps.findLastIndex(({ directive }) => directive === to);
  if (last === -1 || last === allSteps.length - 1) {
    const earlier = new Set(allSteps.map(({ directive }) => directive));
    earlier.delete(allSteps.at(-1)?.directive ?? "");
    throw fault("COMMAND_INVALID", {
      what: "looking for the directive to which to roll back",
      found: `"${to}"`,
      expected: `a directive of sql/ that is not the last one: ${[...earlier].join(", ") || "there is none"}`,
      remedy: "Name one of these, or leave --to out to roll back all directives",
    });
  }
  return allSteps.slice(last + 1);
}

/** What a plan of another action than apply is made of. */
export interface PlanParts {
  readonly action: PlanAction;
  readonly history: PreparedPlan["history"];
  /** The directives' steps that the plan is about; the plan's base is the state of their objects. */
  readonly pending: readonly Step[];
  /** The plan's steps. Default: those of `pending`. Empty: there is nothing to do. */
  readonly planned?: readonly PlannedStep[];
  /** By `stepKey`, the titles of planned steps that are not in `pending`. */
  readonly titles?: ReadonlyMap<string, string>;
}

/** Makes a plan of these steps on the present state of the database. Reads only. */
export async function planSteps(
  client: ClientBase,
  request: PlanRequest,
  { action, history, pending, planned = pending.map(plannedStep), titles = new Map() }: PlanParts,
): Promise<PreparedPlan> {
  // In the directives' order; a rollback's pending steps are in the opposite one.
  const objects = definedObjects(request.allSteps.filter((step) => pending.includes(step)));
  const owner = await expectedOwner(client, history);
  const found = { pending, history, objects, owner, titles };
  return await planOn(client, request, action, planned, found);
}

/** What was read from the database for a plan. */
type FoundForPlan = Pick<PreparedPlan, "history" | "objects" | "owner"> &
  Partial<Pick<PreparedPlan, "pending" | "unfinished" | "isAccessPending" | "titles">>;

/**
 * Makes a plan of these steps from what was read. Reads only, and the catalog only where there is something to do.
 *
 * @param findAll finds the plan's obstacles. Default: those of the server, which stop every action
 */
export async function planOn(
  client: ClientBase,
  request: PlanRequest,
  action: PlanAction,
  planned: readonly PlannedStep[],
  found: FoundForPlan,
  findAll: () => Promise<readonly Obstacle[]> = () => serverObstacles(client),
): Promise<PreparedPlan> {
  const isIdle = planned.length === 0;
  const { unfinished = [], objects, owner } = found;
  const [isProtectedDatabase, taken, identity, obstacles] = await together([
    isProtected(client),
    isIdle && unfinished.length === 0 ? undefined : takeObjects(client, objects, owner),
    isIdle ? undefined : databaseIdentity(client),
    isIdle ? [] : findAll(),
  ]);
  const plan =
    taken === undefined || identity === undefined
      ? undefined
      : makePlan(request, action, planned, {
          identity,
          historyHead: lastRun(found.history)?.digest ?? null,
          fingerprint: fingerprintOf(taken.withHosts().snapshot),
        });
  return {
    pending: [],
    unfinished: [],
    manifestsUpTo: request.manifestsUpTo,
    isAccessPending: false,
    ...found,
    snapshot: taken?.snapshot ?? {},
    notCompared: taken?.notCompared ?? [],
    isProtected: isProtectedDatabase,
    obstacles,
    ...(plan === undefined ? {} : { plan, digest: planDigest(plan) }),
  };
}

/** The owner of the directives' objects: the one that the history records, otherwise this login. */
export async function expectedOwner(
  client: ClientBase,
  history: readonly HistoryRow[],
): Promise<string> {
  return recordedOwner(history) ?? (await currentUser(client));
}

function pendingSteps(
  request: PlanRequest,
  pending: readonly Step[],
  isAccessPending: boolean,
): PlannedStep[] {
  const steps = pending.map(plannedStep);
  return isAccessPending ? [...steps, { ...ACCESS_STEP, sha256: accessDigest(request) }] : steps;
}
