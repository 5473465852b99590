import { digestOf } from "../base/canonicalJson";
import type { Directives } from "../directive/directive";
import type { KnownHead } from "../history/knownHead";
import type {
  ConnectionSettings,
  DefinedObjects,
  HistoryRow,
  Obstacle,
  Plan,
  PlannedStep,
  Snapshot,
  Step,
} from "../model";

/** The directives, with the wanted steps, and the database that they are for. */
export interface PlanRequest extends Omit<Directives, "names"> {
  readonly project: string;
  readonly stack: string;
  readonly connection: ConnectionSettings;
  /** By group role, the logins that the settings give it; a plan covers them as it covers the access matrix. */
  readonly members: Readonly<Record<string, readonly string[]>>;
  /** Of a rollback: the last directive that stays. Default: none stays. */
  readonly to?: string;
  /** The history's last row as Pulumi's state recorded it: the history must still have it. */
  readonly knownHead?: KnownHead | undefined;
}

/** A plan, with what was read from the database to make it. */
export interface PreparedPlan {
  /** Absent, like the digest, where there is nothing to do. */
  readonly plan?: Plan;
  readonly digest?: string;
  /** The steps that would run, in order. */
  readonly pending: readonly Step[];
  /** Steps that an earlier run began and did not finish, as it failed or was killed; they are approved already. */
  readonly unfinished: readonly Step[];
  /** The checkout's {@link Directives.manifestsUpTo}. */
  readonly manifestsUpTo: readonly string[];
  /** Whether the access matrix differs from the one last recorded. */
  readonly isAccessPending: boolean;
  readonly isProtected: boolean;
  readonly obstacles: readonly Obstacle[];
  readonly history: readonly HistoryRow[];
  readonly objects: DefinedObjects;
  /** Who owns, or would own, the directives' objects. */
  readonly owner: string;
  /** Empty where nothing is to run. */
  readonly snapshot: Snapshot;
  /** Properties of these objects that the server has and this version does not know; empty where nothing is to run. */
  readonly notCompared: readonly string[];
  /** What a pending access matrix revokes, as SQL without REVOKE. */
  readonly revocations?: readonly string[];
  /** By `stepKey`, the titles of those steps of the plan that are not in `pending`. */
  readonly titles?: ReadonlyMap<string, string>;
}

/** The sha256 of the plan's canonical JSON. */
export function planDigest(plan: Plan): string {
  return digestOf(plan);
}

/** A step as a plan names it. */
export function plannedStep({ directive, id, kind, sha256 }: PlannedStep): PlannedStep {
  return { directive, id, kind, sha256 };
}
