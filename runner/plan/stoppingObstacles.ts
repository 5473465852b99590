import type { Obstacle } from "../model";

/** The obstacles that stop a run: those that may pass by themselves are shown, and do not. */
export function stoppingObstacles<One extends Pick<Obstacle, "isPassing">>(
  obstacles: readonly One[],
): readonly One[] {
  return obstacles.filter(({ isPassing }) => isPassing !== true);
}
