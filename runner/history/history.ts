import type { ClientBase } from "pg";
import { fault } from "../base/fault";
import { RUNNER_VERSION } from "../base/version";
import { isMapping } from "../base/yamlText";
import type { HistoryRow } from "../model";
import { together } from "../postgres/together";
import { readUnlessCode, refuseCodeOnWrite } from "./foreignCode";
import { dropFormerCheck } from "./formerCheck";

/** The action of a row that records a revocation: it has no plan and needs no approval. */
export const REVOKE = "revoke";

/** The part of a row that the runner writes; the server adds the rest. */
export type HistoryEntry = Pick<
  HistoryRow,
  | "action"
  | "directive"
  | "stepId"
  | "stepKind"
  | "stepSha256"
  | "planDigest"
  | "durationMs"
  | "details"
>;

/** The access matrix as a step in plans and in the history; it belongs to all directives. */
export const ACCESS_STEP = { directive: "all", id: "access", kind: "access" } as const;

/**
 * The step that makes the history's table. An adoption executes it, as it has to record something. On a protected database
 * a rollback leaves its objects, so that the history is not lost.
 */
export const HISTORY_STEP_ID = "v7_control";

/** The digest of that step's bytes. A revocation runs them without an approval, and so runs no others. */
export const HISTORY_STEP_SHA256 =
  "fe33e171569f38bbcd984c1b908be4688cad667bb0943fc7586ae9bdd6e65581";

/** The actions after which a step has been applied; rows of other actions do not change that. */
const APPLYING_ACTIONS: ReadonlySet<string> = new Set(["apply", "adopt"]);

/** The step of a row of the action `trust` by which the signers vouch for all rows before it. */
export const VOUCH_STEP = { directive: "all", id: "history", kind: "vouch" } as const;

/** The previous digest of the first row. */
export const HISTORY_ROOT = "0".repeat(64);

/**
 * The digest of a row, in SQL, so that psql alone can verify the chain (docs/history.md). Every column but the digest
 * itself is covered, `previous_digest` first; the time as microseconds since 1970, which no time zone changes.
 */
const ROW_DIGEST = `encode(sha256(convert_to(jsonb_build_array(
  previous_digest, position, (extract(epoch FROM recorded_at) * 1000000)::bigint, action, directive, step_id, step_kind,
  step_sha256, plan_digest, duration_ms, applied_by, server_version, runner_version, details)::text, 'UTF8')), 'hex')`;

/** Whether the table v7_control.history exists. */
export async function hasHistory(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'v7_control' AND c.relname = 'history' AND c.relkind = 'r') AS there`,
  );
  return rows[0]?.there === true;
}

/** A row of the history whose digest, position or predecessor is wrong. */
export interface HistoryBreak {
  readonly position: number;
  readonly found: string;
}

/**
 * Reads the history in order and verifies its chain: each row's digest covers the row and the digest before it.
 *
 * @returns an empty list where there is no history yet
 * @throws HISTORY_BROKEN naming the first row that is wrong
 */
export async function readHistory(client: ClientBase): Promise<readonly HistoryRow[]> {
  const { history, breaks } = await inspectHistory(client);
  const first = breaks[0];
  if (first !== undefined) {
    throw fault("HISTORY_BROKEN", {
      what: `verifying v7_control.history at row ${String(first.position)}`,
      found: first.found,
      expected: "each row to cover the row before it",
      remedy: "Before anything else runs, find out who changed the history (docs/history.md)",
    });
  }
  return history;
}

/**
 * Reads the history in order, and lists every row that breaks its chain.
 *
 * @throws HISTORY_BROKEN where the table has other columns than the directive made
 */
export async function inspectHistory(
  client: ClientBase,
): Promise<{ readonly history: readonly HistoryRow[]; readonly breaks: readonly HistoryBreak[] }> {
  if (!(await hasHistory(client))) {
    return { history: [], breaks: [] };
  }
  const rows = await readUnlessCode<ReadRow>(client, READ);
  let previous = HISTORY_ROOT;
  let position = 0;
  const breaks: HistoryBreak[] = [];
  const history = rows.map(({ computed, ...row }) => {
    position += 1;
    if (row.position !== position || row.previousDigest !== previous || row.digest !== computed) {
      breaks.push({
        position: row.position,
        found: describeBreak(row, computed, previous, position),
      });
    }
    ({ digest: previous, position } = row);
    // Somebody who takes the table's constraints away can write other JSON there, or NULL.
    return { ...row, details: isMapping(row.details) ? row.details : {} };
  });
  return { history, breaks };
}

/** `computed` is null where the row cannot have a digest. */
type ReadRow = HistoryRow & { readonly computed: string | null };

const READ = `
  SELECT position, CASE WHEN isfinite(recorded_at) THEN recorded_at ELSE 'epoch' END AS "recordedAt", action, directive, step_id AS "stepId", step_kind AS "stepKind",
         step_sha256 AS "stepSha256", plan_digest AS "planDigest", duration_ms::float8 AS "durationMs",
         applied_by AS "appliedBy", server_version AS "serverVersion", runner_version AS "runnerVersion", details,
         previous_digest AS "previousDigest", digest, CASE WHEN isfinite(recorded_at) THEN ${ROW_DIGEST} END AS computed
    FROM v7_control.history ORDER BY position`;

function describeBreak(
  row: HistoryRow,
  computed: string | null,
  previous: string,
  position: number,
): string {
  if (row.position !== position) {
    return `position ${String(row.position)} where ${String(position)} comes next: a row was taken out`;
  }
  return row.digest !== computed
    ? "a row whose content is not what its digest covers"
    : `a row that follows ${row.previousDigest}, not ${previous}`;
}

/** The digest of the last row; null where nothing ever ran. */
export function historyHead(history: readonly HistoryRow[]): string | null {
  return history.at(-1)?.digest ?? null;
}

/**
 * The last row that a run wrote; a plan's base names it. Revocations do not count: they would make new plans of all others.
 */
export function lastRun(history: readonly HistoryRow[]): HistoryRow | undefined {
  return history.findLast(({ action }) => action !== REVOKE);
}

/**
 * The steps that have been applied or adopted and not rolled back since, by `stepKey`; with the access matrix under
 * {@link ACCESS_STEP}'s key.
 */
export function appliedSteps(history: readonly HistoryRow[]): ReadonlyMap<string, HistoryRow> {
  const applied = new Map<string, HistoryRow>();
  for (const row of history) {
    const key = `${row.directive}/${row.stepId}`;
    if (row.action === "rollback") {
      applied.delete(key);
    } else if (APPLYING_ACTIONS.has(row.action)) {
      applied.set(key, row);
    }
  }
  return applied;
}

/**
 * Appends rows to the history, in the caller's transaction. Two writers cannot both append to the same row: the column
 * previous_digest is unique.
 *
 * @returns the new head
 * @throws HISTORY_BROKEN where writing to the table would run somebody's code
 */
export async function appendHistory(
  client: ClientBase,
  entries: readonly HistoryEntry[],
): Promise<string> {
  await together([refuseCodeOnWrite(client), dropFormerCheck(client)]);
  const rows = withOneProof(entries);
  const batches: HistoryEntry[][] = [];
  for (let first = 0; first < rows.length; first += ROWS_OF_A_STATEMENT) {
    batches.push(rows.slice(first, first + ROWS_OF_A_STATEMENT));
  }
  const heads = await together(batches.map((batch) => appendRows(client, batch)));
  return heads.at(-1) ?? "";
}

/** How many rows one statement appends: its time grows with the square of their number. */
const ROWS_OF_A_STATEMENT = 250;

/** Appends rows in one statement: each is chained to the row before it, the first to the last row of the table. */
const APPEND = `
  WITH RECURSIVE given AS MATERIALIZED (
    SELECT action, directive, step_id, step_kind, step_sha256, plan_digest, duration_ms, n,
           given_details || jsonb_build_object('transaction', pg_current_xact_id()::text) AS details, session_user::text AS applied_by, current_setting('server_version') AS server_version,
           $9::text AS runner_version
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::numeric[], $8::jsonb[])
        WITH ORDINALITY AS e(action, directive, step_id, step_kind, step_sha256, plan_digest, duration_ms, given_details, n)
  ), last AS (
    SELECT position, digest FROM v7_control.history ORDER BY position DESC LIMIT 1
  ), chain AS (
    SELECT 0::bigint AS n, coalesce((SELECT position FROM last), 0) AS position, NULL::timestamptz AS recorded_at,
           NULL::text AS previous_digest, coalesce((SELECT digest FROM last), $10::text) AS digest
    UNION ALL
    SELECT n, position, recorded_at, previous_digest, ${ROW_DIGEST}
      FROM (SELECT given.*, chain.position + 1 AS position, clock_timestamp() AS recorded_at,
                   chain.digest AS previous_digest
              FROM chain JOIN given ON given.n = chain.n + 1) AS new
  )
  INSERT INTO v7_control.history (position, recorded_at, action, directive, step_id, step_kind, step_sha256,
    plan_digest, duration_ms, applied_by, server_version, runner_version, details, previous_digest, digest)
  SELECT position, recorded_at, action, directive, step_id, step_kind, step_sha256,
         plan_digest, duration_ms, applied_by, server_version, runner_version, details, previous_digest, digest
    FROM chain JOIN given USING (n) ORDER BY n
  RETURNING digest`;

/**
 * The xmin of the rows that the transaction wrote which wrote the row `h` of the history, as text. Null where that cannot be told:
 * the database was made of a dump, by other transactions, or the numbers of transactions come round.
 */
export const XID_OF_ROW = `CASE WHEN h.xmin::text::numeric = (h.details ->> 'transaction')::numeric % 4294967296
  AND pg_current_xact_id()::text::numeric - (h.details ->> 'transaction')::numeric < 2147483648 THEN h.xmin::text END`;

/** @returns the last row's digest */
async function appendRows(client: ClientBase, entries: readonly HistoryEntry[]): Promise<string> {
  const { rows } = await client.query<{ digest: string }>(APPEND, [
    entries.map(({ action }) => action),
    entries.map(({ directive }) => directive),
    entries.map(({ stepId }) => stepId),
    entries.map(({ stepKind }) => stepKind),
    entries.map(({ stepSha256 }) => stepSha256),
    entries.map(({ planDigest }) => planDigest),
    entries.map(({ durationMs }) => durationMs.toFixed(3)),
    entries.map(({ details }) => JSON.stringify(details)),
    RUNNER_VERSION,
    HISTORY_ROOT,
  ]);
  return rows.at(-1)?.digest ?? "";
}

/** Keeps a run's proof in the first of its rows only; the other rows have the same plan digest. */
function withOneProof(entries: readonly HistoryEntry[]): readonly HistoryEntry[] {
  const first = new Map<string, HistoryEntry>();
  return entries.map((entry) => {
    const { proof, ...details } = entry.details;
    const isFirst = !first.has(entry.planDigest);
    first.set(entry.planDigest, entry);
    return { ...entry, details: isFirst && proof !== undefined ? { ...details, proof } : details };
  });
}
