import type { ClientBase } from "pg";
import { readHistory } from "../history/history";
import { pinnedTrust, usedNonces, type PinnedTrust } from "../history/pinnedTrust";
import { revocationsIn, type Revocations } from "../history/revocations";

/** What a database knows of approvals; at a run this decides, whatever the repository's files say. */
export interface ApprovalFacts {
  /** The database's clock. */
  readonly now: Date;
  /** The nonces that runs on this database consumed. */
  readonly usedNonces: ReadonlySet<string>;
  /** What was revoked on this database. */
  readonly revoked: Revocations;
  /** The signers that the database trusts; undefined until its first approved run. */
  readonly pinned: PinnedTrust | undefined;
}

/**
 * Reads them from the database; changes nothing.
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

/** The database's clock, which decides in place of the runner's. */
export async function databaseClock(client: ClientBase): Promise<Date> {
  const { rows } = await client.query<{ now: Date }>("SELECT clock_timestamp() AS now");
  return rows[0]?.now ?? new Date(Number.NaN);
}
