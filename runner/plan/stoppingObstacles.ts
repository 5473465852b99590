import { fault, type FaultParts } from "../base/fault";
import type { Obstacle } from "../model";

/** The obstacles that stop a run; the others are only shown. */
export function stoppingObstacles<One extends Pick<Obstacle, "isPassing">>(
  obstacles: readonly One[],
): readonly One[] {
  return obstacles.filter(({ isPassing }) => isPassing !== true);
}

/**
 * Refuses a run that has obstacles which stop it.
 *
 * @throws a fault of that code, naming each of them
 */
export function refuseObstacles(
  found: readonly Obstacle[],
  code: "PRECHECK_FAILED" | "ROLLBACK_BLOCKED",
  parts: Pick<FaultParts, "what" | "remedy">,
): void {
  const obstacles = stoppingObstacles(found);
  if (obstacles.length > 0) {
    throw fault(code, {
      ...parts,
      found: `${String(obstacles.length)} obstacle${obstacles.length === 1 ? "" : "s"}`,
      expected: "none",
      detail: obstacles.map((one) => `  - ${one.found}. ${one.remedy}.`),
    });
  }
}
