import type { ClientBase } from "pg";
import type { AccessMatrix, DefinedObjects, Obstacle, Statement, Step } from "../../model";

/** By group role, the logins that the settings give it. */
type Members = Readonly<Record<string, readonly string[]>>;

/** A run for which obstacles are looked for. */
export interface PlannedRun {
  readonly access: AccessMatrix;
  /** The schemas that the directives make, existing or not. */
  readonly ownSchemas: readonly string[];
  /** The logins to which the run would grant group roles. */
  readonly members: Members;
  /** Who owns, or would own, the directives' objects. */
  readonly owner: string;
  /** The steps that would run. */
  readonly pending: readonly Step[];
  /** The objects that the pending steps make. */
  readonly objects: DefinedObjects;
  /** The pending steps' statements. */
  readonly statements: readonly Statement[];
  /** The objects of the steps that have been applied. */
  readonly applied: DefinedObjects;
  /** The applied steps; none where one of them has begun and is not finished. */
  readonly ran: readonly Step[];
  /** Every step that is applied after the run. */
  readonly steps: readonly Step[];
  /** All optional amendments, chosen or not. */
  readonly optional: readonly Step[];
}

/** Finds one kind of obstacle. Reads only, with at most one query, but for those on what the steps drop. */
export type ObstacleKind<Run = PlannedRun> = (
  client: ClientBase,
  run: Run,
) => Promise<readonly Obstacle[]> | readonly Obstacle[];
