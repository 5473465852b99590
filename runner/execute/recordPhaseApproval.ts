import type { ClientBase } from "pg";
import type { Authorization } from "../actions/apply";
import type { HistoryRow } from "../history/history";

/** The directive's own phase: "4. Database". */
const PHASE_NUMBER = 4;

/** Of the column approved_by. */
const MAX_NAME_CHARACTERS = 100;

/**
 * Records in v7_migration_workflow who approved the run, in the row of phase 4, in the caller's transaction: approved,
 * by whom, of which plan. Where there is no such row, or somebody has written an approval there, nothing is changed.
 *
 * @param authorization of the run; one without approvals records nothing
 */
export async function recordPhaseApproval(
  client: ClientBase,
  planDigest: string,
  authorization: Authorization,
): Promise<void> {
  const approvals = approvalsOf(authorization);
  const { rows } = await client.query<{ there: boolean }>(
    "SELECT to_regclass('public.v7_migration_workflow') IS NOT NULL AS there",
  );
  if (approvals.length === 0 || rows[0]?.there !== true) {
    return;
  }
  await client.query(
    `UPDATE public.v7_migration_workflow
        SET approval_status = 'approved', approved_by = $2, approval_notes = $3, updated_at = CURRENT_TIMESTAMP
      WHERE phase_number = $1 AND approval_status IS NULL AND approved_by IS NULL AND approval_notes IS NULL`,
    [PHASE_NUMBER, fit(approvals.map(({ approver }) => approver)), notesOf(planDigest, approvals)],
  );
}

/**
 * Takes back from phase 4's row what a run of the history wrote there, so that the row is the population's own again.
 * What a person wrote, or changed since, stays.
 */
export async function takeBackPhaseApproval(
  client: ClientBase,
  history: readonly HistoryRow[],
): Promise<void> {
  const written = history
    .map(({ planDigest, details }) => ({ planDigest, approvals: approvalsOf(details) }))
    .filter(({ approvals }) => approvals.length > 0)
    .map(({ planDigest, approvals }) => notesOf(planDigest, approvals));
  await client.query(
    `UPDATE public.v7_migration_workflow
        SET approval_status = NULL, approved_by = NULL, approval_notes = NULL
      WHERE phase_number = $1 AND approval_status = 'approved' AND approval_notes = ANY ($2)`,
    [PHASE_NUMBER, written],
  );
}

/** What `authorize` gives of an approval, as far as the notes say it. */
type RecordedApproval = Readonly<Record<"approver" | "nonce" | "notes", string>>;

function approvalsOf({ approvals }: Authorization): readonly RecordedApproval[] {
  return Array.isArray(approvals) ? (approvals as readonly RecordedApproval[]) : [];
}

function notesOf(planDigest: string, approvals: readonly RecordedApproval[]): string {
  return [
    `Plan ${planDigest}`,
    ...approvals.map(
      ({ approver, nonce, notes }) =>
        `${approver}, nonce ${nonce}${notes === "" ? "" : `: ${notes}`}`,
    ),
  ].join("\n");
}

/** The names, as many as fit into the column; the notes have them all. */
function fit(names: readonly string[]): string {
  const all = Array.from(names.join(", "));
  return all.length <= MAX_NAME_CHARACTERS
    ? all.join("")
    : `${all.slice(0, MAX_NAME_CHARACTERS - 1).join("")}…`;
}
