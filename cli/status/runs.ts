import type { HistoryRow } from "../../runner/model";

/** One run, or one revocation, in the history. */
export interface Run {
  readonly at: Date;
  readonly action: string;
  readonly steps: number;
  readonly by: string;
  /** The signers whose approvals the run used; empty where it needed none. */
  readonly approvedBy: readonly string[];
}

/** The last ten runs, newest first: consecutive rows with the same plan and action are one run. */
export function lastRuns(history: readonly HistoryRow[]): readonly Run[] {
  const runs: { key: string; rows: HistoryRow[] }[] = [];
  for (const row of history) {
    const key = `${row.action} ${row.planDigest}`;
    const last = runs.at(-1);
    if (last?.key === key) {
      last.rows.push(row);
    } else {
      runs.push({ key, rows: [row] });
    }
  }
  return runs
    .slice(-10)
    .reverse()
    .flatMap(({ rows }) => {
      const end = rows.at(-1);
      return end === undefined
        ? []
        : {
            at: end.recordedAt,
            action: end.action,
            steps: rows.length,
            by: end.appliedBy,
            approvedBy: [...new Set(rows.flatMap(({ details }) => approversOf(details)))],
          };
    });
}

function approversOf({ approvals }: HistoryRow["details"]): readonly string[] {
  return Array.isArray(approvals)
    ? (approvals as readonly { readonly approver?: unknown }[]).flatMap(({ approver }) =>
        typeof approver === "string" ? approver : [],
      )
    : [];
}
