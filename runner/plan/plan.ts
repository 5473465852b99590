import { digestOf } from "../base/canonicalJson";

/**
 * What a plan does: brings pending steps, takes the directives back, undoes drift, records what somebody made by hand,
 * brings an archive back, or changes who may sign.
 */
export type PlanAction = "apply" | "rollback" | "repair" | "adopt" | "restore" | "trust";

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

/** The plan's digest: the sha256 of its canonical JSON. A plan with nothing to do has none. */
export function planDigest(plan: Plan): string {
  return digestOf(plan);
}

/** A step as a plan names it. */
export function plannedStep({ directive, id, kind, sha256 }: PlannedStep): PlannedStep {
  return { directive, id, kind, sha256 };
}
