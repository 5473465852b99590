import type { ClientBase } from "pg";
import { when } from "../../base/when";
import { soleOwner, takeOwners } from "../../catalog/owners";
import type { Obstacle } from "../../model";
import type { PlannedRun } from "./plannedRun";

/** The objects of applied steps, where all of them belong to another role than the history says. */
export async function ownerObstacles(
  client: ClientBase,
  { applied, owner }: Pick<PlannedRun, "applied" | "owner">,
): Promise<readonly Obstacle[]> {
  const now = soleOwner(await takeOwners(client, applied)) ?? owner;
  return when(now !== owner, {
    found: `objects of the directives that all belong to "${now}", where the history says "${owner}"`,
    remedy:
      "npx v7 drift says the ways on: give them back, or npx v7 plan --action repair, which records the new owner",
  });
}
