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

/** What somebody wants to be in which database: of the directives, the steps that are wanted. */
export interface PlanRequest extends Omit<Directives, "names"> {
  readonly project: string;
  readonly stack: string;
  readonly connection: ConnectionSettings;
  /** By group role, the logins that the settings give it: part of what is approved, as the matrix is. */
  readonly members: Readonly<Record<string, readonly string[]>>;
  /** Of a rollback: the directive that stays, and all before it. Default: none stays. */
  readonly to?: string;
  /** The history's last row as Pulumi's state recorded it: it must still be there. */
  readonly knownHead?: KnownHead | undefined;
}

/** A plan with all that was found out to make it. */
export interface PreparedPlan {
  /** Absent where there is nothing to do: such a plan has no digest and needs no approval. */
  readonly plan?: Plan;
  readonly digest?: string;
  /** The steps that would run, in order. */
  readonly pending: readonly Step[];
  /** Steps that a plan before this one began, and that a run which failed or was killed left unfinished: approved already. */
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
  /** What the server knows of these objects and this version does not; asked for where there is a plan, which shows it. */
  readonly notCompared: readonly string[];
  /** What the new access matrix takes away, as SQL behind REVOKE; asked for where it is pending. */
  readonly revocations?: readonly string[];
  /** By `stepKey`, a line for a person, for those steps of the plan that are not in `pending`. */
  readonly titles?: ReadonlyMap<string, string>;
}

/** The plan's digest: the sha256 of its canonical JSON. A plan with nothing to do has none. */
export function planDigest(plan: Plan): string {
  return digestOf(plan);
}

/** A step as a plan names it. */
export function plannedStep({ directive, id, kind, sha256 }: PlannedStep): PlannedStep {
  return { directive, id, kind, sha256 };
}
