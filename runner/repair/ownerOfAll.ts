import { escapeIdentifier as id } from "pg";
import { entryOf, PHASES, type Repair, type RepairContext } from "./context";

/**
 * All of the directives' objects belong to one other role: it was renamed, or a backup was restored under it. What is
 * approved is that role's name; the statement says it, and changes nothing. The run records it in the history.
 */
export function repairOwnerOfAll({ expected, owner }: RepairContext, object: string): Repair {
  const recorded = String(entryOf(expected, object)["owner"]);
  return {
    how: "plan",
    sql: [`ALTER TABLE "v7_control"."history" OWNER TO ${id(owner)}`],
    note:
      `this records ${id(owner)} as the owner and changes nothing. To have ${id(recorded)} again instead: ` +
      `ALTER ROLE ${id(owner)} RENAME TO ${id(recorded)}, or, where both are there, ` +
      `ALTER ... OWNER TO ${id(recorded)} for each object`,
    phase: PHASES.owner,
  };
}
