import { DatabaseError, escapeIdentifier, type Client, type ClientBase } from "pg";
import { fault } from "../base/fault";
import { definedObjects, tablesOf } from "../catalog/definedObjects";
import { isWritten } from "../catalog/writtenColumns";
import { stepKey } from "../directive/directive";
import { executeInverse } from "../execute/executeStep";
import { takeBackApproval } from "../execute/recordApproval";
import { appendHistory, readHistory, appliedSteps } from "../history/history";
import type { Authorization, DefinedObjects, Step } from "../model";
import type { PlanRequest, PreparedPlan } from "../plan/plan";
import { planSteps } from "../plan/preparePlan";
import { inMigrationSession, type MigrationSessionOptions } from "../postgres/lockedSession";
import { formatName, quote } from "../postgres/names";
import { lockTables } from "../postgres/waitForLock";
import { refuseObstacles } from "./apply";
import { listArchives, readArchive, rowText, type RestorableTable } from "./restorable";

export interface RestoreRequest
  extends PlanRequest, Omit<MigrationSessionOptions, "applicationName" | "tables"> {
  /** Which archive, by its mark; default: the newest. */
  readonly archive?: string;
  /** Decides, under the runner's lock and inside the transaction, whether this restore may run. */
  readonly authorize: (prepared: PreparedPlan, client: Client) => Promise<Authorization>;
}

export interface RestoredTable {
  /** `public.v7_test_results`, or `public.file_audit` for its added columns. */
  readonly to: string;
  /** `v7_archive.v7_test_results_20261123t211500_1a2b3c4d` */
  readonly from: string;
  /** Rows that were brought back now. */
  readonly restored: number;
  /** Rows that were there already, equal to the archive's. */
  readonly equal: number;
  /** Of `columns`: archived values whose row of the other table is gone. They stay in the archive. */
  readonly unmatched: number;
}

interface RequestedArchive {
  readonly tables: readonly RestorableTable[];
  /** The steps whose objects it goes into. */
  readonly applied: readonly Step[];
}

/** The SQLSTATE of a row that meets another under a unique key. */
const UNIQUE_VIOLATION = "23505";

/**
 * What bringing an archive back would do: a step a table, each with the digest of its content. Reads only.
 *
 * @throws RESTORE_REFUSED where there is no such archive, or the directives have not been applied
 */
export async function prepareRestore(
  client: ClientBase,
  request: PlanRequest & Pick<RestoreRequest, "archive">,
): Promise<PreparedPlan> {
  return await planRestore(client, request, await readRequested(client, request));
}

/** The plan of an archive that was read: its content is a digest over every row, and is taken once. */
async function planRestore(
  client: ClientBase,
  request: PlanRequest,
  { tables, applied }: RequestedArchive,
): Promise<PreparedPlan> {
  const planned = tables
    .filter(({ missing }) => missing > 0)
    .map(({ to, sha256 }) => ({
      directive: "all",
      id: formatName(to),
      kind: "archive",
      sha256,
    }));
  const titles = new Map(
    tables.map(({ from, to, rows }) => [
      `all/${formatName(to)}`,
      `${String(rows)} rows of ${formatName(from)}`,
    ]),
  );
  return await planSteps(client, request, {
    action: "restore",
    pending: applied,
    planned,
    titles,
  });
}

/**
 * Brings an archive back into the re-applied directives, in one transaction, and proves it row for row. Rows that the
 * population wrote and nobody changed since give way to those of the archive; what people wrote since is never
 * overwritten. The archive stays. Running again changes nothing.
 *
 * @throws RESTORE_REFUSED naming what is in the way; then nothing was changed
 */
export async function restoreArchive(request: RestoreRequest): Promise<readonly RestoredTable[]> {
  const session = {
    ...request,
    tables: tablesOf(definedObjects(request.allSteps)),
    applicationName: "v7 restore",
  };
  return await inMigrationSession(session, async (client) => {
    const requested = await readRequested(client, request);
    const { tables, applied } = requested;
    const prepared = await planRestore(client, request, requested);
    if (prepared.plan === undefined) {
      return tables.map(asEqual);
    }
    refuseObstacles(prepared, request);
    const authorization = await request.authorize(prepared, client);
    const objects = definedObjects(applied);
    const into = tables.map(({ to }) => to);
    await lockTables(client, into);
    // What the runs themselves wrote gives way as what the population wrote does.
    await takeBackApproval(client, applied, into, await readHistory(client));
    for (const step of applied.filter(({ kind }) => kind === "population").reverse()) {
      await executeInverse(client, step);
    }
    const restored: RestoredTable[] = [];
    for (const table of tables) {
      request.onProgress?.(`bringing back ${formatName(table.to)}`);
      restored.push(
        table.kind === "rows"
          ? await restoreRows(client, table)
          : await restoreColumns(client, table, objects),
      );
    }
    await appendHistory(
      client,
      prepared.plan.steps.map((step) => ({
        action: "restore" as const,
        directive: step.directive,
        stepId: step.id,
        stepKind: step.kind,
        stepSha256: step.sha256,
        planDigest: prepared.digest ?? "",
        durationMs: 0,
        details: { ...authorization, ...restored.find(({ to }) => to === step.id) },
      })),
    );
    return restored;
  });
}

/** Nothing of the archive is missing: what it has stands, but for values whose row is gone. */
function asEqual({ from, to, rows }: RestorableTable): RestoredTable {
  return { to: formatName(to), from: formatName(from), restored: 0, equal: rows, unmatched: 0 };
}

async function readRequested(
  client: ClientBase,
  { allSteps, archive }: PlanRequest & Pick<RestoreRequest, "archive">,
): Promise<RequestedArchive> {
  const rows = appliedSteps(await readHistory(client));
  const applied = allSteps.filter((step) => rows.has(stepKey(step)));
  if (applied.length === 0) {
    throw fault("RESTORE_REFUSED", {
      what: "bringing an archive back",
      found: "a database without the directives",
      expected: "the directives applied again",
      remedy: "Run pulumi up first",
    });
  }
  const mark = archive ?? (await listArchives(client))[0] ?? "none";
  return { tables: await readArchive(client, definedObjects(applied), mark), applied };
}

async function restoreRows(client: ClientBase, table: RestorableTable): Promise<RestoredTable> {
  const { from, to, columns, rows } = table;
  const list = columns.map(escapeIdentifier).join(", ");
  const archived = rowText("archived", columns);
  const found = `SELECT FROM ${quote(to)} AS live WHERE ${rowText("live", columns)} = ${archived}`;
  let restored: number;
  try {
    const result = await client.query(
      `INSERT INTO ${quote(to)} (${list})
       SELECT ${list} FROM ${quote(from)} AS archived WHERE NOT EXISTS (${found})`,
    );
    restored = result.rowCount ?? 0;
  } catch (error) {
    if (error instanceof DatabaseError && error.code === UNIQUE_VIOLATION) {
      throw refusal(table, [error.detail ?? error.message]);
    }
    throw error;
  }
  await prove(client, table, `SELECT ${archived} FROM ${quote(from)} AS archived`);
  return {
    to: formatName(to),
    from: formatName(from),
    restored,
    equal: rows - restored,
    unmatched: 0,
  };
}

async function restoreColumns(
  client: ClientBase,
  table: RestorableTable,
  objects: DefinedObjects,
): Promise<RestoredTable> {
  const { from, to, columns, key, rows } = table;
  const values = columns.filter((name) => !key.includes(name));
  const match = `${rowText("live", key)} = ${rowText("archived", key)}`;
  const differs = `${rowText("live", values)} <> ${rowText("archived", values)}`;
  const written = await isWritten(
    client,
    to,
    objects.columns.filter((one) => formatName(one.table) === formatName(to)),
    "live",
  );
  // No LIMIT: for the first ten rows PostgreSQL would compare each row with each, and never end where there are none.
  const { rows: conflicts } = await client.query<{ keys: readonly string[] | null }>(
    `SELECT (array_agg(key ORDER BY key))[1:10] AS keys FROM (
       SELECT ${rowText("live", key)} AS key FROM ${quote(to)} AS live JOIN ${quote(from)} AS archived ON ${match}
        WHERE ${differs} AND (${written})) AS conflicts`,
  );
  const keys = conflicts[0]?.keys ?? [];
  if (keys.length > 0) {
    throw refusal(
      table,
      keys.map((one) => `${key.join(", ")} ${one}: written since`),
    );
  }
  const set = values
    .map((name) => `${escapeIdentifier(name)} = archived.${escapeIdentifier(name)}`)
    .join(", ");
  const updated = await client.query(
    `UPDATE ${quote(to)} AS live SET ${set} FROM ${quote(from)} AS archived WHERE ${match} AND ${differs}`,
  );
  const there = `EXISTS (SELECT FROM ${quote(to)} AS live WHERE ${match})`;
  const { rows: gone } = await client.query<{ count: string }>(
    `SELECT count(*) FROM ${quote(from)} AS archived WHERE NOT ${there}`,
  );
  await prove(
    client,
    table,
    `SELECT ${rowText("archived", columns)} FROM ${quote(from)} AS archived WHERE ${there}`,
  );
  const restored = updated.rowCount ?? 0;
  const unmatched = Number(gone[0]?.count);
  return {
    to: formatName(to),
    from: formatName(from),
    restored,
    equal: rows - restored - unmatched,
    unmatched,
  };
}

/** Each row that was to come back stands in the table, as often as the archive has it. */
async function prove(
  client: ClientBase,
  { from, to, columns }: RestorableTable,
  wanted: string,
): Promise<void> {
  const { rows } = await client.query<{ count: string }>(
    `SELECT count(*) FROM (${wanted} EXCEPT ALL SELECT ${rowText("live", columns)} FROM ${quote(to)} AS live) AS lost`,
  );
  if (rows[0]?.count !== "0") {
    throw fault("VERIFY_FAILED", {
      what: `comparing "${formatName(to)}" with the archive "${formatName(from)}"`,
      found: `${rows[0]?.count ?? "?"} rows that differ from the archive`,
      expected: "every row equal",
      remedy:
        "Nothing was changed: everything was rolled back. Look for triggers on the table that interfere",
    });
  }
}

function refusal({ from, to }: RestorableTable, detail: readonly string[]): Error {
  return fault("RESTORE_REFUSED", {
    what: `bringing "${formatName(from)}" back into "${formatName(to)}"`,
    found: "rows that were written after the rollback",
    expected: "no such rows: what people wrote is never overwritten",
    remedy: "Nothing was changed. Move those rows out of the way, or read the archive where it is",
    detail: detail.map((line) => `  - ${line}`),
  });
}
