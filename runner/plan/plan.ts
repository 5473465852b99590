import { digestOf } from "../base/canonicalJson";
import type { Snapshot } from "../catalog/snapshot";
import type { AccessMatrix } from "../directive/accessMatrix";
import type { DefinedObjects } from "../directive/definitions";
import type { Step } from "../directive/manifest";
import type { HistoryRow } from "../history/history";
import type { KnownHead } from "../history/knownHead";
import type { ConnectionSettings, Obstacle, PlanAction } from "../model";

/** The database that a plan is for, as much as a database can say of which one it is. */
export interface PlanTarget {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** The cluster's own number, from pg_control_system(); null where this login may not read it. */
  readonly systemIdentifier: string | null;
  /** Of the database in its cluster: another one that takes its name has another. */
  readonly databaseOid: string;
}

export interface PlannedStep {
  readonly directive: string;
  readonly id: string;
  readonly kind: string;
  /** Of the bytes that will run. */
  readonly sha256: string;
}

/** What the plan was made on: any change of it makes another plan. */
export interface PlanBase {
  /** The digest of the last row that a run wrote; null where nothing ever ran. */
  readonly historyHead: string | null;
  /** The fingerprint of what stands of the directive's objects. */
  readonly fingerprint: string;
}

/** What would run, on which target, from which base. Its digest is what The Architect signs. */
export interface Plan {
  readonly kind: "v7-plan";
  readonly version: 1;
  readonly action: PlanAction;
  readonly project: string;
  readonly stack: string;
  readonly target: PlanTarget;
  /** In the order in which they run. */
  readonly steps: readonly PlannedStep[];
  /** The sha256 of the access matrix. */
  readonly access: string;
  /** The sha256 of what says which steps there are, why, and what must stand after them. */
  readonly manifests: string;
  readonly base: PlanBase;
}

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

/** The plan's digest: the sha256 of its canonical JSON. A plan with nothing to do has none. */
export function planDigest(plan: Plan): string {
  return digestOf(plan);
}

/** A step as a plan names it. */
export function plannedStep({ directive, id, kind, sha256 }: PlannedStep): PlannedStep {
  return { directive, id, kind, sha256 };
}
