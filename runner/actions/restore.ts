import type { ClientBase } from "pg";
import { Fault, fault } from "../base/fault";
import { stepKey } from "../directive/directive";
import { namesWhenRan, takeBackRows } from "../execute/formerNames";
import { takeBackApproval } from "../execute/recordApproval";
import { appendHistory, readHistory, appliedSteps } from "../history/history";
import type { QualifiedName, Step } from "../model";
import { shadowObstacles } from "../plan/obstacles/shadows";
import type { PlanRequest, PreparedPlan } from "../plan/plan";
import { planSteps } from "../plan/preparePlan";
import { inMigrationSession } from "../postgres/lockedSession";
import { formatName } from "../postgres/names";
import { lockSequences, lockTables } from "../postgres/waitForLock";
import type { RestorableTable } from "./archivedTable";
import { planEntry } from "./historyEntries";
import { listArchives, readArchive } from "./restorable";
import { restoreTable, resultOf, type RestoredTable } from "./restoreTable";
import { allowRun, sessionOf, type RunRequest } from "./run";
import { validateKeys } from "./validateKeys";

export interface RestoreRequest extends RunRequest {
  /** The archive's mark; default: the newest archive. */
  readonly archive?: string;
}

interface RequestedArchive {
  readonly tables: readonly RestorableTable[];
  /** The steps that have been applied. */
  readonly applied: readonly Step[];
  /** The other steps. */
  readonly waiting: readonly Step[];
  readonly history: PreparedPlan["history"];
}

/**
 * Makes the plan of a restore: a step for each table with missing rows, with the digest of its content. Reads only.
 *
 * @throws RESTORE_REFUSED where there is no such archive, or the directives have not been applied
 */
export async function prepareRestore(
  client: ClientBase,
  request: PlanRequest & Pick<RestoreRequest, "archive">,
): Promise<PreparedPlan> {
  return await planRestore(client, request, await readRequested(client, request));
}

/** Makes the plan from an archive that was read: reading computes a digest of every row, which is done only once. */
async function planRestore(
  client: ClientBase,
  request: PlanRequest,
  { tables, applied, history }: RequestedArchive,
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
    tables.map(({ from, to, kind, rows }) => [
      `all/${formatName(to)}`,
      `${kind === "position" ? "The position" : `${String(rows)} rows`} of ${formatName(from)}`,
    ]),
  );
  const prepared = await planSteps(client, request, {
    action: "restore",
    history,
    pending: applied,
    planned,
    titles,
  });
  if (prepared.plan === undefined) {
    return prepared;
  }
  const { objects, obstacles } = prepared;
  const statements = applied.flatMap(({ inverse }) => inverse?.statements ?? []);
  const shadows = await shadowObstacles(client, { statements, objects });
  return { ...prepared, obstacles: [...obstacles, ...shadows] };
}

/**
 * Restores an archive into the directives' tables, after these were applied again, in one transaction, and proves that each
 * row is there. Rows that the population inserted and nobody changed since are replaced; what people wrote since is never
 * overwritten. The archive stays. Running again changes nothing.
 *
 * @throws RESTORE_REFUSED naming the conflicting rows; then nothing was changed
 */
export async function restoreArchive(request: RestoreRequest): Promise<readonly RestoredTable[]> {
  return await inMigrationSession(sessionOf(request, "v7 restore"), async (client) => {
    const requested = await readRequested(client, request);
    const { tables } = requested;
    const prepared = await planRestore(client, request, requested);
    const { plan, digest = "" } = prepared;
    if (plan === undefined) {
      return tables.map((table) => resultOf(table));
    }
    const authorization = await allowRun(client, request, prepared);
    const [sequences, others] = [true, false].map((wanted) =>
      tables.filter(({ kind }) => (kind === "position") === wanted).map(({ to }) => to),
    );
    await lockTables(client, others ?? []);
    await lockSequences(client, sequences);
    // In tables that a rollback archived, what runs recorded is removed, like the rows of the population.
    const written = tables.filter(({ isTakenAway }) => !isTakenAway).map(({ to }) => to);
    await takeBackWritten(client, requested, written);
    const restored: RestoredTable[] = [];
    for (const table of tables) {
      request.onProgress?.(`bringing back ${formatName(table.to)}`);
      restored.push(await restoreTable(client, table));
    }
    await validateKeys(client, requested.waiting);
    await appendHistory(
      client,
      plan.steps.map((step) =>
        planEntry("restore", digest, step, {
          ...authorization,
          ...restored.find(({ to }) => to === step.id),
        }),
      ),
    );
    return restored;
  });
}

async function readRequested(
  client: ClientBase,
  { allSteps, archive }: PlanRequest & Pick<RestoreRequest, "archive">,
): Promise<RequestedArchive> {
  const history = await readHistory(client);
  const rows = appliedSteps(history);
  const applied = allSteps.filter((step) => rows.has(stepKey(step)));
  if (applied.length === 0) {
    throw fault("RESTORE_REFUSED", {
      what: "bringing an archive back",
      found: "a database without the directives",
      expected: "the directives applied again",
      remedy: "Run pulumi up first",
    });
  }
  const waiting = allSteps.filter((step) => !applied.includes(step));
  const mark = archive ?? (await listArchives(client))[0] ?? "none";
  return {
    tables: await readArchive(client, { applied, waiting, history }, mark),
    applied,
    waiting,
    history,
  };
}

/**
 * Removes from these tables what runs recorded and the population wrote.
 *
 * @throws RESTORE_REFUSED where a later directive took away what an inverse names
 */
async function takeBackWritten(
  client: ClientBase,
  { applied, history }: RequestedArchive,
  tables: readonly QualifiedName[],
): Promise<void> {
  await takeBackApproval(client, applied, tables, history);
  try {
    await takeBackRows(client, applied, populationsOf(applied, tables));
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== "STATEMENT_FAILED") {
      throw error;
    }
    throw fault("RESTORE_REFUSED", {
      what: error.parts.what,
      found: error.parts.found,
      expected:
        "the objects that the inverse names, by which the population's rows are told from others",
      remedy:
        "Nothing was changed. Take back the directive that changed it, with --to, restore, and apply it again; or read the archive where it is",
      cause: error,
    });
  }
}

/** The population steps that wrote into one of these tables. */
function populationsOf(
  applied: readonly Step[],
  tables: readonly QualifiedName[],
): readonly Step[] {
  return applied.filter((step) => {
    const names = new Set(namesWhenRan(tables, step, applied).map(formatName));
    return (
      step.kind === "population" &&
      step.statements
        .flatMap(({ locked }) => locked?.tables ?? [])
        .some(({ writes = [] }) => writes.some((table) => names.has(table)))
    );
  });
}
