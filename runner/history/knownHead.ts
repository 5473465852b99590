import type { ClientBase } from "pg";
import { fault } from "../base/fault";
import type { HistoryRow } from "../model";
import { databaseIdentityText } from "../postgres/databaseIdentity";
import { isProtected } from "../postgres/protection";
import { hasHistory } from "./history";

/** The last row of a history as somebody outside of the database recorded it: Pulumi's state does. */
export interface KnownHead {
  readonly digest: string;
  /** Which database it was; absent where that was not recorded. */
  readonly database?: string;
}

/**
 * Refuses a history that no longer holds the row that was its last one. By itself a chain cannot tell that rows were cut
 * off its end, or that an owner computed all of it anew; and whoever then records the new head forgets the only witness.
 *
 * A history that has grown holds the row still. On a database that says that it is unprotected, two things are as they
 * should be: no history at all, since a rollback there leaves none, and another database under the same address.
 *
 * @throws HISTORY_HEAD_LOST
 */
export async function refuseLostHead(
  client: ClientBase,
  history: readonly HistoryRow[],
  known: KnownHead | undefined,
): Promise<void> {
  if (known === undefined || history.some(({ digest }) => digest === known.digest)) {
    return;
  }
  if (!(await isProtected(client))) {
    const isOther =
      known.database !== undefined && known.database !== (await databaseIdentityText(client));
    if (isOther || !(await hasHistory(client))) {
      return;
    }
  }
  throw fault("HISTORY_HEAD_LOST", {
    what: "looking in v7_control.history for the row that Pulumi recorded as its last",
    found: `${String(history.length)} rows, none with the digest ${known.digest}`,
    expected: "the recorded row, followed only by new rows",
    remedy:
      "Nothing was changed, and the recorded digest stays. Find out who changed the history, or whether this is another database or a restored one; docs/history.md says how to go on",
    detail: [`recorded: ${known.digest}`, `found:    ${history.at(-1)?.digest ?? "no row"}`],
  });
}
