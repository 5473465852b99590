import type { ClientBase } from "pg";
import { readHistory } from "../history/history";
import { pinnedTrust, usedNonces, type PinnedTrust } from "../history/pinnedTrust";
import { revocationsIn, type Revocations } from "../history/revocations";

/** What a database itself knows of approvals: at a run this decides, whatever the repository's files say. */
export interface ApprovalFacts {
  /** Its clock. */
  readonly now: Date;
  /** The nonces that were consumed there. */
  readonly usedNonces: ReadonlySet<string>;
  /** What was revoked there. */
  readonly revoked: Revocations;
  /** Whom it trusts; undefined until its first approved run. */
  readonly pinned: PinnedTrust | undefined;
}

/**
 * Asks the database. Reads only.
 *
 * @throws HISTORY_BROKEN
 */
export async function readApprovalFacts(client: ClientBase): Promise<ApprovalFacts> {
  const history = await readHistory(client);
  return {
    now: await databaseClock(client),
    usedNonces: usedNonces(history),
    revoked: revocationsIn(history),
    pinned: pinnedTrust(history),
  };
}

/** The database's clock; the runner's own is never looked at. */
export async function databaseClock(client: ClientBase): Promise<Date> {
  const { rows } = await client.query<{ now: Date }>("SELECT clock_timestamp() AS now");
  return rows[0]?.now ?? new Date(Number.NaN);
}
