import type { ClientBase } from "pg";
import type { Authorization, HistoryRow } from "../model";

/** The directive's own phase: "4. Database". */
const PHASE_NUMBER = 4;

/** Of the column approved_by. */
const MAX_NAME_CHARACTERS = 100;

/**
 * The ids of phase 4's rows: read before the steps run, they are those that nobody signed for. None where the table is not
 * there.
 */
export async function readPhaseRows(client: ClientBase): Promise<readonly string[]> {
  if (!(await isTableThere(client))) {
    return [];
  }
  const { rows } = await client.query<{ id: string }>(
    "SELECT id::text AS id FROM public.v7_migration_workflow WHERE phase_number = $1",
    [PHASE_NUMBER],
  );
  return rows.map(({ id }) => id);
}

/**
 * Records in v7_migration_workflow who approved the run, in the row of phase 4, in the caller's transaction: approved,
 * by whom, of which plan. Only in a row that this transaction made: what the plan inserts was approved with it; a row that was
 * there before, or that another session put there meanwhile, is somebody's own. Where the run's own SQL has written an
 * approval, that stays.
 *
 * @param authorization of the run; one without approvals records nothing
 * @param before what {@link readPhaseRows} gave before the first step
 */
export async function recordPhaseApproval(
  client: ClientBase,
  planDigest: string,
  authorization: Authorization,
  before: readonly string[],
): Promise<void> {
  const approvals = approvalsOf(authorization);
  if (approvals.length === 0 || !(await isTableThere(client))) {
    return;
  }
  await client.query(
    `UPDATE public.v7_migration_workflow
        SET approval_status = 'approved', approved_by = $2, approval_notes = $3, updated_at = CURRENT_TIMESTAMP
      WHERE phase_number = $1 AND xmin = pg_current_xact_id()::xid AND id::text <> ALL ($4)
        AND approval_status IS NULL AND approved_by IS NULL AND approval_notes IS NULL`,
    [
      PHASE_NUMBER,
      fit(approvals.map(({ approver }) => approver)),
      notesOf(planDigest, approvals),
      before,
    ],
  );
}

async function isTableThere(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>(
    "SELECT to_regclass('public.v7_migration_workflow') IS NOT NULL AS there",
  );
  return rows[0]?.there === true;
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
