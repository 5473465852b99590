import { when } from "../../base/when";
import { titleOf } from "../../catalog/kinds/objectId";
import { lockedChanges } from "../../directive/readLock";
import type { Step } from "../../model";
import type { Risk } from "../model";
import { some } from "./lists";

const CHANGES_ROWS: ReadonlySet<string> = new Set(["UPDATE", "DELETE", "MERGE", "TRUNCATE TABLE"]);
const MAY_CHANGE_ROWS: ReadonlySet<string> = new Set(["DO", "CALL", "SELECT"]);

/** What the steps change or delete that no archive has: it has what they drop. */
export function rowRisks(pending: readonly Step[]): readonly Risk[] {
  const found = pending.flatMap((step) => [
    ...step.statements.flatMap(({ locked }) => {
      const { tag = "", tables } = locked ?? {};
      const writes = tables?.some((one) => (one.writes ?? []).length > 0) ?? false;
      return CHANGES_ROWS.has(tag) || (MAY_CHANGE_ROWS.has(tag) && writes)
        ? [`${tag} in ${step.id}`]
        : [];
    }),
    ...lockedChanges(step)
      .flatMap(({ changed }) => changed)
      .filter(({ id, properties }) => id.of?.kind === "table" && "type" in properties)
      .map(({ id }) => `the type of ${titleOf(id)} in ${step.id}`),
  ]);
  const values = `No archive has the values that are changed or deleted by ${some([...new Set(found)], 6)}: a rollback brings back what the inverses can make of the rows that are there then.`;
  return when(found.length > 0, { tone: "caution", text: values } as const);
}
