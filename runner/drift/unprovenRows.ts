import type { ClientBase } from "pg";
import { readAllowedSigners } from "../approval/files";
import { proveHistory } from "../approval/proveHistory";
import { differenceOf, type Difference } from "../catalog/compare";
import type { HistoryRow } from "../model";
import { isProtected } from "../postgres/protection";

/** The beginning of a finding on a row without a valid proof. */
export const UNPROVEN = "nothing proves that it was approved";

/**
 * The rows of a protected database's history without a valid proof that they were approved. On an unprotected database rows
 * need no proof.
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
      : [differenceOf(`history row ${String(position)}`, "unexpected", `${UNPROVEN}: ${problem}`)],
  );
}
