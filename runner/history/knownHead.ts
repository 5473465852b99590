import type { ClientBase } from "pg";
import { fault } from "../base/fault";
import type { HistoryRow } from "../model";
import { databaseIdentityText } from "../postgres/databaseIdentity";
import { isProtected } from "../postgres/protection";
import { hasHistory } from "./history";

/** The history's last row as it was recorded outside of the database, in Pulumi's state. */
export interface KnownHead {
  readonly digest: string;
  /** The database's identity; absent where it was not recorded. */
  readonly database?: string;
}

/**
 * Refuses a history that no longer has the row that was recorded as its last one. The chain alone cannot show that rows were
 * removed from its end, or that an owner computed all digests again. The recorded digest is kept then.
 *
 * An unprotected database may have no history, since a rollback there drops it, or may be another database at the same
 * address.
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
