import type { ClientBase } from "pg";
import type { AccessMatrix, DefinedObjects, Obstacle, Statement, Step } from "../../model";

/** By group role, the logins that the settings give it. */
type Members = Readonly<Record<string, readonly string[]>>;

/** What would run, and what it needs besides the directives' own objects. */
export interface PlannedRun {
  readonly access: AccessMatrix;
  /** The schemas that the directives make, whether they stand already or not. */
  readonly ownSchemas: readonly string[];
  /** The logins that the run would give group roles to. */
  readonly members: Members;
  /** Who owns, or would own, the directives' objects. */
  readonly owner: string;
  /** The steps that would run; what they define; their statements. */
  readonly pending: readonly Step[];
  readonly objects: DefinedObjects;
  readonly statements: readonly Statement[];
  /** What the steps define that have been applied. */
  readonly applied: DefinedObjects;
  /** Every step that is to stand afterwards, and the optional ones that there are. */
  readonly steps: readonly Step[];
  readonly optional: readonly Step[];
}

/** One kind of obstacle: what of it is on this database. Reads only, and asks the server once at most. */
export type ObstacleKind<Run = PlannedRun> = (
  client: ClientBase,
  run: Run,
) => Promise<readonly Obstacle[]> | readonly Obstacle[];
