import type { ClientBase } from "pg";
import { readAllowedSigners } from "../approval/files";
import { proveHistory } from "../approval/proveHistory";
import type { Difference } from "../catalog/compare";
import type { HistoryRow } from "../model";
import { isProtected } from "../postgres/protection";

/** What a finding on a row without a valid proof begins with. */
export const UNPROVEN = "nothing proves that it was approved";

/**
 * The rows of a protected database's history that no valid proof covers: whatever program wrote them, nobody can show
 * that they were approved. On an unprotected database none needs a proof.
 *
 * @param signersFile the repository's allowed signers: the root of trust
 */
export async function unprovenRows(
  client: ClientBase,
  history: readonly HistoryRow[],
  signersFile: string,
): Promise<readonly Difference[]> {
  if (history.length === 0 || !(await isProtected(client))) {
    return [];
  }
  const rows = await proveHistory(history, () => readAllowedSigners(signersFile));
  return rows.flatMap(({ position, problem }): Difference[] =>
    problem === undefined
      ? []
      : [
          {
            object: `history row ${String(position)}`,
            kind: "unexpected",
            details: [`${UNPROVEN}: ${problem}`],
          },
        ],
  );
}
