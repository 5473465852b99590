import { escapeIdentifier, escapeLiteral, type ClientBase } from "pg";
import { formerId, laterId, qualified } from "../catalog/kinds/objectId";
import { renamesOf } from "../catalog/lockedChange";
import { columnsOf } from "../directive/approvalRecord";
import type {
  ApprovalRecord,
  Authorization,
  HistoryRow,
  ObjectId,
  QualifiedName,
  Step,
} from "../model";
import { quote, sameName } from "../postgres/names";

type RecordingStep = Pick<Step, "records" | "statements">;

/**
 * The records of these steps whose row does not exist yet, by the names that the table and its columns have after the steps;
 * to be read before the steps run. A row that exists before is somebody else's and is left as it is.
 */
export async function recordsToMake(
  client: ClientBase,
  steps: readonly RecordingStep[],
): Promise<readonly ApprovalRecord[]> {
  const unmade: ApprovalRecord[] = [];
  for (const [index, { records }] of steps.entries()) {
    if (records !== undefined) {
      const renamed = renamesOf(steps.slice(0, index));
      const former = withNames(records, (id) => formerId(id, renamed));
      if (!(await isRowThere(client, former))) {
        unmade.push(nameAfter(records, steps.slice(index + 1)));
      }
    }
  }
  return unmade;
}

/**
 * Records, in the rows that manifest.yaml names, who approved the run and which plan, in the caller's transaction. Only rows
 * that this transaction inserted are written: a row that another session inserted meanwhile was not approved. Where the
 * directive's own SQL has written an approval, it stays.
 *
 * @param authorization of the run; without approvals nothing is recorded
 * @param unmade the result of {@link recordsToMake} before the first step
 */
export async function recordApproval(
  client: ClientBase,
  planDigest: string,
  authorization: Authorization,
  unmade: readonly ApprovalRecord[],
): Promise<void> {
  const approvals = approvalsOf(authorization);
  for (const record of approvals.length === 0 ? [] : unmade) {
    const lengths = await readColumns(client, record);
    if (lengths !== undefined) {
      const { table, row, set, time, ...columns } = record;
      const names = approvals.map(({ approver }) => approver).join(", ");
      const written = {
        ...set,
        [columns.approvers]: fit(names, lengths.get(columns.approvers)),
        [columns.notes]: notesOf(planDigest, approvals),
      };
      const isEmpty = Object.keys(written).map((one) => `${escapeIdentifier(one)} IS NULL`);
      await client.query(
        `UPDATE ${quote(table)}
            SET ${equalities(written).join(", ")}, ${escapeIdentifier(time)} = CURRENT_TIMESTAMP
          WHERE ${[...equalities(row), ...isEmpty].join(" AND ")} AND xmin = pg_current_xact_id()::xid`,
      );
    }
  }
}

/**
 * Removes what runs in the history recorded in rows of these tables, so that the rows are again as the population inserted
 * them. What a person wrote, or changed since, stays.
 *
 * @param applied the applied steps, in their order
 */
export async function takeBackApproval(
  client: ClientBase,
  applied: readonly RecordingStep[],
  tables: readonly QualifiedName[],
  history: readonly HistoryRow[],
): Promise<void> {
  const written = history
    .map(({ planDigest, details }) => ({ planDigest, approvals: approvalsOf(details) }))
    .filter(({ approvals }) => approvals.length > 0)
    .map(({ planDigest, approvals }) => notesOf(planDigest, approvals));
  for (const [index, { records }] of applied.entries()) {
    const record = records && nameAfter(records, applied.slice(index + 1));
    if (
      record !== undefined &&
      tables.some((table) => sameName(table, record.table)) &&
      (await readColumns(client, record)) !== undefined
    ) {
      const { table, row, set, approvers, notes } = record;
      const taken = [...Object.keys(set), approvers, notes].map(escapeIdentifier);
      await client.query(
        `UPDATE ${quote(table)} SET ${taken.map((one) => `${one} = NULL`).join(", ")}
          WHERE ${[...equalities(row), ...equalities(set)].join(" AND ")}
            AND ${escapeIdentifier(notes)} = ANY ($1)`,
        [written],
      );
    }
  }
}

/** The record by the names that its table and columns have after these later steps. */
function nameAfter(record: ApprovalRecord, later: readonly RecordingStep[]): ApprovalRecord {
  const renamed = renamesOf(later);
  return withNames(record, (id) => laterId(id, renamed));
}

function withNames(record: ApprovalRecord, rename: (id: ObjectId) => ObjectId): ApprovalRecord {
  const of = { kind: "table", ...record.table };
  const column = (name: string): string => rename({ kind: "column", name, of }).name;
  const columns = (values: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [column(name), value]));
  return {
    table: qualified(rename(of)),
    row: columns(record.row),
    set: columns(record.set),
    approvers: column(record.approvers),
    notes: column(record.notes),
    time: column(record.time),
  };
}

async function isRowThere(client: ClientBase, record: ApprovalRecord): Promise<boolean> {
  if ((await readColumns(client, record)) === undefined) {
    return false;
  }
  const { rowCount } = await client.query(
    `SELECT FROM ${quote(record.table)} WHERE ${equalities(record.row).join(" AND ")} LIMIT 1`,
  );
  return rowCount !== 0;
}

/** The length limits, in characters, of the table's columns; undefined where the table or a column of the record is missing. */
async function readColumns(
  client: ClientBase,
  record: ApprovalRecord,
): Promise<ReadonlyMap<string, number | null> | undefined> {
  const { rows } = await client.query<{ name: string; length: number | null }>(
    `SELECT column_name::text AS name, character_maximum_length::int AS length
       FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
      WHERE table_schema = $1 AND table_name = $2 AND table_type = 'BASE TABLE'`,
    [record.table.schema, record.table.name],
  );
  const lengths = new Map(rows.map(({ name, length }) => [name, length]));
  return columnsOf(record).every((one) => lengths.has(one)) ? lengths : undefined;
}

function equalities(values: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(values).map(
    ([column, value]) => `${escapeIdentifier(column)} = ${escapeLiteral(value)}`,
  );
}

/** The fields of a recorded approval that the notes contain. */
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

/** The names, cut to the column's length; the notes have all of them. */
function fit(names: string, length: number | null | undefined): string {
  const all = Array.from(names);
  return length === null || length === undefined || all.length <= length
    ? names
    : `${all.slice(0, length - 1).join("")}…`;
}
