import type { ClientBase } from "pg";
import { fault } from "../base/fault";
import { definedObjects } from "../catalog/definedObjects";
import { findExcess } from "../catalog/excessAccess";
import { takeObjects } from "../catalog/snapshot";
import { accessDigest } from "../directive/accessMatrix";
import { stepKey } from "../directive/directive";
import { hasNotRun, isUnfinished } from "../history/begunSteps";
import {
  refuseChangedSteps,
  refuseForgottenSteps,
  refuseLackingDirectives,
} from "../history/checkHistory";
import { ACCESS_STEP, readHistory, appliedSteps } from "../history/history";
import { refuseLostHead } from "../history/knownHead";
import { recordedOwner } from "../history/recordedOwner";
import type { HistoryRow, PlanAction, PlannedStep, Step } from "../model";
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
 * Compares what is wanted with what has been applied, and says what would run. Reads only.
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
  const [{ snapshot, notCompared }, isProtectedDatabase] = await together([
    takeObjects(client, objects, owner),
    isProtected(client),
  ]);
  const common = {
    titles: ACCESS_TITLES,
    pending,
    unfinished: steps.filter((step) => isUnfinished(applied.get(stepKey(step)))),
    isAccessPending,
    isProtected: isProtectedDatabase,
    history,
    objects,
    owner,
    snapshot,
  };
  if (pending.length === 0 && !isAccessPending) {
    return { ...common, notCompared: [], obstacles: [] };
  }
  const planned = pendingSteps(request, pending, isAccessPending);
  const [plan, revocations, obstacles] = await together([
    makePlan(client, request, "apply", planned, common),
    isAccessPending ? findExcess(client, request.access, request.members, objects, owner) : [],
    findObstacles(client, {
      ...request,
      pending,
      objects: definedObjects(pending),
      statements: pending.flatMap(({ statements }) => statements),
      applied: definedObjects(steps.filter((step) => applied.has(stepKey(step)))),
      optional: request.allSteps.filter(({ required }) => !required),
      ownSchemas: objects.schemas,
      // Those that were approved and given before are the stack's own.
      members: isAccessPending ? request.members : {},
      owner,
    }),
  ]);
  return { ...common, plan, digest: planDigest(plan), notCompared, obstacles, revocations };
}

/**
 * What a rollback would take back, in the order in which it would: the standing steps, last first, each with the bytes
 * of its inverse, and those that were begun and have done nothing; and what blocks it. Reads only.
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
  const standing = stepsAfter(request)
    .filter((step) => applied.has(stepKey(step)))
    .reverse();
  const idle = standing.filter((step) => hasNotRun(step, applied.get(stepKey(step))));
  const pending = standing.filter((step) => !idle.includes(step));
  const planned = standing.map((step) => ({
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

/** The steps of the directives behind the one that stays. */
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
      expected: `a directive of sql/ that another comes after: ${[...earlier].join(", ") || "there is none"}`,
      remedy: "Name such a one, or leave --to out: that takes all of them back",
    });
  }
  return allSteps.slice(last + 1);
}

/** What a plan of another kind than an apply is made of. */
export interface PlanParts {
  readonly action: PlanAction;
  readonly history: PreparedPlan["history"];
  /** The directives' steps that it concerns; their objects are the plan's base. */
  readonly pending: readonly Step[];
  /** The steps as the plan names them. Default: those of `pending`. Empty: there is nothing to do. */
  readonly planned?: readonly PlannedStep[];
  /** For planned steps that are not the directives': by `stepKey`, a line for a person. */
  readonly titles?: ReadonlyMap<string, string>;
}

/** A plan of these steps, on what the database holds now. Reads only. */
export async function planSteps(
  client: ClientBase,
  request: PlanRequest,
  { action, history, pending, planned = pending.map(plannedStep), titles = new Map() }: PlanParts,
): Promise<PreparedPlan> {
  // In their own order, whatever order they run in.
  const objects = definedObjects(request.allSteps.filter((step) => pending.includes(step)));
  const owner = await expectedOwner(client, history);
  const { snapshot, notCompared } = await takeObjects(client, objects, owner);
  const found = { pending, history, objects, owner, snapshot, titles };
  return await planOn(client, request, action, planned, {
    ...found,
    // With nothing to do there is no plan to show it.
    notCompared: planned.length === 0 ? [] : notCompared,
  });
}

/** What a plan is made on, and what is known of it already. */
type PlanBase = Pick<PreparedPlan, "history" | "objects" | "owner" | "snapshot"> &
  Partial<Pick<PreparedPlan, "pending" | "notCompared" | "titles">>;

/** The plan of these steps, on what was found. Reads only. */
export async function planOn(
  client: ClientBase,
  request: PlanRequest,
  action: PlanAction,
  planned: readonly PlannedStep[],
  found: PlanBase,
): Promise<PreparedPlan> {
  const isIdle = planned.length === 0;
  const [isProtectedDatabase, obstacles, plan] = await together([
    isProtected(client),
    isIdle ? [] : serverObstacles(client),
    isIdle ? undefined : makePlan(client, request, action, planned, found),
  ]);
  return {
    pending: [],
    unfinished: [],
    isAccessPending: false,
    notCompared: [],
    ...found,
    isProtected: isProtectedDatabase,
    obstacles,
    ...(plan === undefined ? {} : { plan, digest: planDigest(plan) }),
  };
}

/** Who owns, or would own, the directives' objects: the recorded owner, else this login. */
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
