import { when } from "../../base/when";
import { titleOf } from "../../catalog/kinds/objectId";
import { lockedChanges } from "../../directive/readLock";
import type { Step } from "../../model";
import type { Risk } from "../model";
import { some } from "./lists";

const CHANGES_ROWS: ReadonlySet<string> = new Set(["UPDATE", "DELETE", "MERGE", "TRUNCATE TABLE"]);
const MAY_CHANGE_ROWS: ReadonlySet<string> = new Set(["DO", "CALL", "SELECT"]);

/** What the steps change, delete or forget that no archive has: it has the rows of dropped tables and the values of columns. */
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
  const sequences = pending
    .flatMap((step) => lockedChanges(step).flatMap(({ removed }) => removed))
    .filter(({ id, properties }) => id.kind === "sequence" && properties["ownedBy"] === undefined)
    .map(({ id }) => titleOf(id));
  const values = `No archive has the values that are changed or deleted by ${some([...new Set(found)], 6)}: a rollback brings back what the inverses can make of the rows that are there then.`;
  const positions = `No archive has the positions of ${some(sequences, 6)}: what a rollback makes again starts anew.`;
  return [
    ...when(found.length > 0, { tone: "caution", text: values } as const),
    ...when(sequences.length > 0, { tone: "caution", text: positions } as const),
  ];
}
