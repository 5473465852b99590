import { ARCHIVES } from "../catalog/access";
import type { Difference } from "../catalog/compare";
import { repairArchives } from "./archives";
import { changedColumn } from "./column";
import { repairConstraint } from "./constraint";
import { manual, type Repair, type RepairContext } from "./context";
import { repairIndex } from "./indexes";
import { changedOrder, missingColumn, unexpectedColumn, waitsForColumn } from "./missingColumn";
import { repairOwnerOfAll } from "./ownerOfAll";
import { repairAttached, repairFunction, repairMention } from "./policiesAndTriggers";
import { repairDefaultPrivileges, repairPrivileges, repairRole } from "./privileges";
import { repairRelation } from "./relation";

/**
 * What puts a difference right: SQL, or advice where SQL alone cannot or must not. Never drops data, makes a table anew or
 * guesses: what would need that is left to a person, with what is expected.
 */
export function repairFor(context: RepairContext, { object, kind }: Difference): Repair {
  const waits = kind === "unexpected" ? undefined : waitsForColumn(context, object);
  if (waits !== undefined) {
    return waits;
  }
  const [word = ""] = object.split(" ");
  switch (word) {
    case "column":
      return object.startsWith("column order ")
        ? changedOrder(context, object)
        : kind === "missing"
          ? missingColumn(context, object)
          : kind === "unexpected"
            ? unexpectedColumn(context, object)
            : changedColumn(context, object);
    case "constraint":
      return repairConstraint(context, object, kind);
    case "index":
      return repairIndex(context, object, kind);
    case "trigger":
    case "rule":
    case "policy":
      return repairAttached(context, object, kind);
    case "statistics":
    case "publication":
      return repairMention(object);
    case "function":
      return repairFunction(context, object, kind);
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
    case "history":
      return historyAdvice(context, object);
    case "directive":
      return manual(
        [],
        "check out a commit that has it, and look again: without it nobody can tell what should be there. Where no commit has it, " +
          "find out who wrote its rows into the history; docs/history.md says what then",
      );
    default:
      return repairRelation(context, object, kind);
  }
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
