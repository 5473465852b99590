import { escapeIdentifier } from "pg";
import { ARCHIVES } from "../catalog/access";
import type { Difference } from "../catalog/compare";
import { waitsForColumn } from "./columns";
import { entryOf, manual, PHASES, type Repair, type RepairContext } from "./context";
import { repairObject } from "./object";
import { repairArchives, repairDefaultPrivileges, repairPrivileges } from "./privileges";
import { repairRole } from "./role";

/**
 * The repair of a difference: SQL, or advice for a person where SQL cannot repair it. A repair never drops data, creates a
 * table again, or guesses.
 */
export function repairFor(context: RepairContext, difference: Difference): Repair {
  const waits = waitsForColumn(context, difference);
  if (waits !== undefined) {
    return waits;
  }
  const { object, kind, id } = difference;
  if (id !== undefined) {
    return repairObject(context, { ...difference, id });
  }
  const [word = ""] = object.split(" ");
  switch (word) {
    case "privileges":
      return object === ARCHIVES
        ? repairArchives(context, object)
        : repairPrivileges(context, object);
    case "default":
      return repairDefaultPrivileges(context, object);
    case "role":
    case "login":
      return repairRole(context, object, kind);
    case "logins":
      return manual(
        [],
        "compare with v7:logins, which only the stack's passphrase opens, and revoke what is not in it",
      );
    case "owner":
      return repairOwnerOfAll(context, object);
    case "directive":
      return manual(
        [],
        "check out a commit that has it, and look again: without it nobody can tell what should be there. Where no commit has it, " +
          "find out who wrote its rows into the history; docs/history.md says what then",
      );
    case "step":
      return manual([], "run pulumi up: it finishes what was begun, without a second approval");
    default:
      return historyAdvice(context, object);
  }
}

/**
 * All of the directives' objects belong to one other role, since the owner was renamed or a backup was restored. The repair
 * records the new owner in the history; its statement names the role, so that it is approved, and changes nothing.
 */
function repairOwnerOfAll({ expected, owner }: RepairContext, object: string): Repair {
  const now = escapeIdentifier(owner);
  const recorded = escapeIdentifier(String(entryOf(expected, object)["owner"]));
  return {
    how: "plan",
    sql: [`ALTER TABLE "v7_control"."history" OWNER TO ${now}`],
    note:
      `this records ${now} as the owner and changes nothing. To have ${recorded} again instead: ` +
      `ALTER ROLE ${now} RENAME TO ${recorded}, or, where both are there, ` +
      `ALTER ... OWNER TO ${recorded} for each object`,
    phase: PHASES.owner,
  };
}

function historyAdvice({ live, owner }: RepairContext, object: string): Repair {
  const isLost = Object.keys(live).some((key) => key.startsWith("table "));
  const advice = isLost
    ? `restore a backup of v7_control, its owner ${owner}; without one, npx v7 adopt records the objects as they are, once they are equal to the directives`
    : "check that this is the stack's database; then run pulumi up, or restore a backup";
  return manual(
    [],
    object === "history"
      ? advice
      : "no SQL makes a history true again: find out who wrote or changed it; docs/history.md says what then",
  );
}
