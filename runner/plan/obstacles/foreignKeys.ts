import type { ClientBase } from "pg";
import { unmetForeignKeys } from "../../directive/foreignKeys";
import type { Obstacle } from "../../model";
import type { PlannedRun } from "./plannedRun";

/** What the directive lacks by itself, and an amendment adds: without that amendment nothing is begun. */
export function foreignKeyObstacles(
  _client: ClientBase,
  { pending }: Pick<PlannedRun, "pending">,
): readonly Obstacle[] {
  return unmetForeignKeys(pending).map(({ stepId, target }) => ({
    found: `${stepId}, whose foreign key refers to ${target}, which no step before it makes unique (SQLSTATE 42830)`,
    remedy: "Put the amendment that does back into manifest.yaml, before that step",
  }));
}
