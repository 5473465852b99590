import type { ClientBase } from "pg";
import { digestOf } from "../base/canonicalJson";
import { findExcess } from "../catalog/excessAccess";
import { takeNotCompared } from "../catalog/notCompared";
import { takeSnapshot, type Snapshot } from "../catalog/snapshot";
import type { AccessMatrix } from "../directive/accessMatrix";
import { definedObjects, type DefinedObjects } from "../directive/definitions";
import { stepKey } from "../directive/directive";
import type { Step } from "../directive/manifest";
import { isUnfinished } from "../execute/executeConcurrentStep";
import { refuseChangedSteps, refuseForgottenSteps } from "../history/checkHistory";
import { ACCESS_STEP, readHistory, standingSteps, type HistoryRow } from "../history/history";
import { refuseLostHead, type KnownHead } from "../history/knownHead";
import type { ConnectionSettings } from "../postgres/connection";
import { isProtected } from "../postgres/protection";
import { currentUser, makePlan } from "./makePlan";
import { findObstacles, type Obstacle } from "./obstacles";
import { shadowObstacles } from "./obstacles/shadows";
import { planDigest, plannedStep, type Plan, type PlanAction, type PlannedStep } from "./plan";

/** What somebody wants to stand in which database. */
export interface PlanRequest {
  readonly project: string;
  readonly stack: string;
  readonly connection: ConnectionSettings;
  /** Every step of every directive: a rollback takes back what stands, chosen today or not. */
  readonly allSteps: readonly Step[];
  /** The required steps and the chosen optional ones, in order. */
  readonly steps: readonly Step[];
  readonly access: AccessMatrix;
  /** Of the directives' manifest.yaml and of the catalog that they expect. */
  readonly manifestsSha256: string;
  /** By group role, the logins that the settings give it: part of what is approved, as the matrix is. */
  readonly members: Readonly<Record<string, readonly string[]>>;
  /** The history's last row as Pulumi's state recorded it: it must still be there. */
  readonly knownHead?: KnownHead | undefined;
}

/** The digest of who may do what: the access matrix, and the logins that are members of its roles. */
export function accessDigest({ access, members }: Pick<PlanRequest, "access" | "members">): string {
  return digestOf({ matrix: access.sha256, members });
}

/** A plan with all that was found out to make it. */
export interface PreparedPlan {
  /** Absent where there is nothing to do: such a plan has no digest and needs no approval. */
  readonly plan?: Plan;
  readonly digest?: string;
  /** The steps that would run, in order. */
  readonly pending: readonly Step[];
  /** Concurrent steps that a plan before this one began, and that a killed run left unfinished: approved already. */
  readonly unfinished: readonly Step[];
  /** Whether the access matrix is another than the one last recorded. */
  readonly isAccessPending: boolean;
  readonly isProtected: boolean;
  readonly obstacles: readonly Obstacle[];
  readonly history: readonly HistoryRow[];
  readonly objects: DefinedObjects;
  /** Who owns, or would own, what the directive creates. */
  readonly owner: string;
  readonly snapshot: Snapshot;
  /** What the server knows of these objects and this version does not. */
  readonly notCompared: readonly string[];
  /** What the new access matrix takes away, as SQL behind REVOKE; asked for where it is pending. */
  readonly revocations?: readonly string[];
  /** By `stepKey`, a line for a person, for those steps of the plan that are not in `pending`. */
  readonly titles?: ReadonlyMap<string, string>;
}

const ACCESS_TITLES: ReadonlyMap<string, string> = new Map([
  [stepKey(ACCESS_STEP), "The access matrix"],
]);

/**
 * Compares what is wanted with what stands, and says what would run. Reads only.
 *
 * @throws HISTORY_BROKEN, HISTORY_HEAD_LOST where the history cannot be trusted
 * @throws HISTORY_CONFLICT where a step that ran has other bytes now
 */
export async function preparePlan(client: ClientBase, request: PlanRequest): Promise<PreparedPlan> {
  const { steps } = request;
  const history = await readHistory(client);
  await refuseLostHead(client, history, request.knownHead);
  const standing = standingSteps(history);
  refuseChangedSteps(steps, standing);
  refuseForgottenSteps(request, standing);
  const pending = steps.filter((step) => !standing.has(stepKey(step)));
  const isAccessPending = standing.get(stepKey(ACCESS_STEP))?.stepSha256 !== accessDigest(request);
  const objects = definedObjects(steps);
  const owner = await expectedOwner(client, history);
  const snapshot = await takeSnapshot(client, objects, owner);
  const common = {
    titles: ACCESS_TITLES,
    pending,
    unfinished: steps.filter((step) => isUnfinished(standing.get(stepKey(step)))),
    isAccessPending,
    isProtected: await isProtected(client),
    history,
    objects,
    owner,
    snapshot,
    notCompared: await takeNotCompared(client, objects),
  };
  if (pending.length === 0 && !isAccessPending) {
    return { ...common, obstacles: [] };
  }
  const plan = await makePlan(
    client,
    request,
    "apply",
    pendingSteps(request, pending, isAccessPending),
    common,
  );
  const revocations = isAccessPending
    ? await findExcess(client, request.access, request.members, objects, owner)
    : [];
  const obstacles = await findObstacles(client, pending, definedObjects(pending), {
    ...request,
    ownSchemas: objects.schemas,
    // Those that were approved and given before are the stack's own.
    members: isAccessPending ? request.members : {},
    owner,
  });
  return { ...common, plan, digest: planDigest(plan), obstacles, revocations };
}

/**
 * What a rollback would take back, in the order in which it would: the standing steps, last first, each with the bytes
 * of its inverse. Reads only.
 */
export async function prepareRollback(
  client: ClientBase,
  request: PlanRequest,
): Promise<PreparedPlan> {
  const standing = standingSteps(await readHistory(client));
  const pending = request.allSteps.filter((step) => standing.has(stepKey(step))).reverse();
  const planned = pending.map((step) => ({
    ...plannedStep(step),
    sha256: step.inverse?.sha256 ?? step.sha256,
  }));
  const prepared = await planSteps(client, request, { action: "rollback", pending, planned });
  const inverses = pending.flatMap(({ inverse }) => inverse?.statements ?? []);
  const obstacles = await shadowObstacles(client, inverses, prepared.objects);
  return { ...prepared, obstacles };
}

/** What a plan of another kind than an apply is made of. */
export interface PlanParts {
  readonly action: PlanAction;
  /** The directives' steps that it concerns; their objects are the plan's base. */
  readonly pending: readonly Step[];
  /** The steps as the plan names them. Default: those of `pending`. Empty: there is nothing to do. */
  readonly planned?: readonly PlannedStep[];
  /** For planned steps that are not the directives': by `stepKey`, a line for a person. */
  readonly titles?: ReadonlyMap<string, string>;
}

/** A plan of these steps, on what stands now. Reads only. */
export async function planSteps(
  client: ClientBase,
  request: PlanRequest,
  { action, pending, planned = pending.map(plannedStep), titles }: PlanParts,
): Promise<PreparedPlan> {
  const history = await readHistory(client);
  const objects = definedObjects(pending);
  const owner = await expectedOwner(client, history);
  const common = {
    pending,
    unfinished: [],
    isAccessPending: false,
    isProtected: await isProtected(client),
    obstacles: [],
    history,
    objects,
    owner,
    snapshot: await takeSnapshot(client, objects, owner),
    notCompared: await takeNotCompared(client, objects),
    ...(titles === undefined ? {} : { titles }),
  };
  if (planned.length === 0) {
    return common;
  }
  const plan = await makePlan(client, request, action, planned, common);
  return { ...common, plan, digest: planDigest(plan) };
}

/** Who owns, or would own, the directives' objects: whoever applied the first of them, else this login. */
export async function expectedOwner(
  client: ClientBase,
  history: readonly HistoryRow[],
): Promise<string> {
  return standingSteps(history).values().next().value?.appliedBy ?? (await currentUser(client));
}

function pendingSteps(
  request: PlanRequest,
  pending: readonly Step[],
  isAccessPending: boolean,
): PlannedStep[] {
  const steps = pending.map(plannedStep);
  return isAccessPending ? [...steps, { ...ACCESS_STEP, sha256: accessDigest(request) }] : steps;
}
