import type { ClientBase } from "pg";
import { keyOf } from "../catalog/kinds/objectId";
import { stepKey } from "../directive/directive";
import { lockedChanges } from "../directive/readLock";
import { XID_OF_ROW } from "../history/history";
import type { HistoryRow, QualifiedName, Step } from "../model";

/**
 * By column, the xmin of the rows that the run wrote which made the column: an apply of the step that adds it, or a rollback
 * of the step that drops it. What such a row has there nobody has written since. Without columns of which that is not known.
 *
 * @param steps all steps
 */
export async function columnMakers(
  client: ClientBase,
  table: QualifiedName,
  columns: readonly string[],
  { steps, history }: { readonly steps: readonly Step[]; readonly history: readonly HistoryRow[] },
): Promise<ReadonlyMap<string, string>> {
  const made = columns.flatMap((name) => {
    const key = keyOf({ kind: "column", name, of: { kind: "table", ...table } });
    const step = steps.findLast((one) =>
      lockedChanges(one).some(({ added, removed }) =>
        [...added, ...removed].some(({ id }) => keyOf(id) === key),
      ),
    );
    const row = history.findLast(
      ({ directive, stepId }) => step !== undefined && `${directive}/${stepId}` === stepKey(step),
    );
    return row === undefined ? [] : [{ name, position: row.position }];
  });
  if (made.length === 0) {
    return new Map();
  }
  const { rows } = await client.query<{ name: string; xid: string }>(
    `SELECT made.name, ${XID_OF_ROW} AS xid FROM unnest($1::text[], $2::bigint[]) AS made(name, position)
       JOIN v7_control.history h USING (position) WHERE ${XID_OF_ROW} IS NOT NULL`,
    [made.map(({ name }) => name), made.map(({ position }) => position)],
  );
  return new Map(rows.map(({ name, xid }) => [name, xid]));
}
