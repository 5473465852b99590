import { randomBytes } from "node:crypto";
import type { Client } from "pg";
import { fault } from "../base/fault";
import { definedObjects } from "../catalog/definedObjects";
import { laterId } from "../catalog/kinds/objectId";
import { grantedObjects, madeObjects, renamesOf } from "../catalog/lockedChange";
import { startThrowaway, type ThrowawayServer } from "../embedded";
import { closeAdded } from "../execute/closeAdded";
import { executeUnits } from "../execute/executeUnit";
import type { Step } from "../model";
import { isPostgresMajor, type PostgresMajor } from "../postgres/majors";
import { serverVersion } from "../postgres/serverVersion";
import { bounded } from "./bounded";
import { BOUNDS, SERVER_SETTINGS, type Bounds } from "./bounds";
import { dropTogether } from "./dropTogether";
import { measurePlan, type Measured } from "./measurePlan";
import type { Rehearsal } from "./model";
import { noteOnRows, refusals, refuseFailed, runnerNote } from "./notes";
import { rebuildObjects } from "./rebuild";
import { plain, quoted, Rebuilder } from "./rebuilder";
import { rehearsedOutcome } from "./rehearsedOutcome";
import {
  formerSteps,
  readTarget,
  type RehearsedTarget,
  type RehearseRequest,
} from "./rehearsedTarget";
import { isSuperuser, lendOwners, prepareLogins, rebuildRoles } from "./roles";
import { openPlanSession, openSession, superuserOf } from "./sessions";
import type { SurroundingTable } from "./surroundingsModel";

const DEFAULT_MAX_ROWS = 1_000_000;

/**
 * Runs the plan on a throwaway server of the target's major version, with the target's surroundings rebuilt from its
 * catalog: its roles, default privileges and types, and the tables of others with as many rows.
 *
 * Nothing from the target runs there with more than an ordinary role's privileges. The superuser's statements contain only
 * names of the target; its expressions are rebuilt only where {@link isAllowedExpression} allows them; its roles have no
 * attributes. Time, memory and disk are bounded.
 *
 * The target is only read, in one read-only transaction. The throwaway server is removed when this returns, or when the
 * process ends.
 *
 * @returns undefined where there is nothing to run
 * @throws REHEARSAL_FAILED where there is no server of that version to rehearse on, or the rehearsal was stopped
 * @throws STATEMENT_FAILED as the real run would; where obstacles would stop that one before, PRECHECK_FAILED or
 *   ROLLBACK_BLOCKED, which names them
 */
export async function rehearse(request: RehearseRequest): Promise<Rehearsal | undefined> {
  const { onProgress = () => undefined } = request;
  onProgress("reading the target");
  const target = await readTarget(request);
  if (target.prepared.digest === undefined) {
    return undefined;
  }
  const { major, serverVersion: version } = target.surroundings;
  if (!isPostgresMajor(major)) {
    throw fault("REHEARSAL_FAILED", {
      what: "choosing a server to rehearse on",
      found: `a target of PostgreSQL ${version}`,
      expected: "a target of PostgreSQL 15 to 18",
      remedy: "Apply without a rehearsal, or try the plan on a copy of the target",
    });
  }
  try {
    return await rehearseFitting({ ...request, onProgress }, target, major);
  } catch (error) {
    refuseFailed(error, target.prepared);
    throw error;
  }
}

/** Rehearses with generated rows; where these do not fit a statement, on empty tables. */
async function rehearseFitting(
  request: RehearseRequest & Required<Pick<RehearseRequest, "onProgress">>,
  target: RehearsedTarget,
  major: PostgresMajor,
): Promise<Rehearsal> {
  const rehearseWith = (rows: Pick<RehearseRequest, "maxRows">): Promise<Rehearsal> =>
    rehearseTarget({ ...request, ...rows }, target, major);
  try {
    return await rehearseWith(request);
  } catch (error) {
    const note = noteOnRows(error);
    if (note === undefined || request.maxRows === 0) {
      throw error;
    }
    request.onProgress(
      "rehearsing again on empty tables, as generated rows do not fit a statement",
    );
    const rehearsal = await rehearseWith({ maxRows: 0 });
    return { ...rehearsal, omitted: [...rehearsal.omitted, note] };
  }
}

async function rehearseTarget(
  request: RehearseRequest & Required<Pick<RehearseRequest, "onProgress">>,
  target: RehearsedTarget,
  major: PostgresMajor,
): Promise<Rehearsal> {
  const { onProgress } = request;
  onProgress(`starting a throwaway PostgreSQL ${String(major)}`);
  // A random name, so that no role of the target has it: the target's roles are all created without attributes.
  const superuser = `v7_superuser_${randomBytes(8).toString("hex")}`;
  const server = await startThrowaway(major, SERVER_SETTINGS, { superuser });
  const { bounds = BOUNDS } = request;
  try {
    return await bounded(server, bounds, () =>
      rehearseOn(server, { ...request, bounds }, target, onProgress),
    );
  } finally {
    await server.stop();
  }
}

async function rehearseOn(
  server: ThrowawayServer,
  request: RehearseRequest & { readonly bounds: Bounds },
  { prepared, surroundings, access }: RehearsedTarget,
  onProgress: (message: string) => void,
): Promise<Rehearsal> {
  const { maxRows = DEFAULT_MAX_ROWS, bounds } = request;
  const isRollback = request.action === "rollback";
  const rowsOf = ({ rows }: SurroundingTable): number => Math.min(rows ?? 0, maxRows);
  const admin = await openSession(server, superuserOf(server), bounds, "postgres");
  const omitted: string[] = [];
  await rebuildRoles(new Rebuilder(admin, omitted), surroundings);
  const logins = await prepareLogins(admin, surroundings, Object.keys(request.access.roles));
  await admin.end();

  const superuser = await openSession(server, superuserOf(server), bounds);
  const filled = surroundings.tables.map(
    (table) => `${plain(table.name.name)}: ${String(rowsOf(table))} rows`,
  );
  onProgress(`rebuilding the target's surroundings (${filled.join(", ")})`);
  const builder = await openSession(server, logins.builder, bounds);
  const asSuperuser = new Rebuilder(superuser, omitted);
  const rebuilt = await rebuildObjects(
    asSuperuser,
    new Rebuilder(builder, omitted),
    logins.builder.user,
    surroundings,
    rowsOf,
  );
  await builder.end();
  const former = formerSteps(request, prepared);
  await dropTogether(superuser, [...former, ...prepared.pending], rebuilt);
  omitted.push(...surroundings.eventTriggers.map(({ name }) => `event trigger ${quoted(name)}`));
  const giveBack = await lendOwners(asSuperuser, surroundings);

  const client = await openPlanSession(server, logins.runner, bounds);
  try {
    await applyFormerSteps(client, former);
    onProgress("running the plan");
    const applied = definedObjects(former);
    const tables = [...surroundings.tables.map(({ name }) => name), ...applied.tables];
    const measured: Measured = await measurePlan(client, prepared, { tables, onProgress });
    if (!isRollback) {
      await closeMade(client, prepared.pending);
    }
    await giveBack();
    const left = isRollback
      ? former.filter((step) => !prepared.pending.includes(step))
      : [...former, ...prepared.pending];
    const renamed = renamesOf(left);
    const standIns = rebuilt.standIns.map((id) => laterId(id, renamed));
    const outcome = await rehearsedOutcome(client, superuser, request, prepared, standIns);
    return {
      serverVersion: await serverVersion(superuser),
      targetVersion: surroundings.serverVersion,
      ...measured,
      ...outcome,
      accessAfter: outcome.accessAfter.filter(({ role }) => !isSuperuser(surroundings, role)),
      tables: surroundings.tables.map((table) => ({
        name: `${table.name.schema}.${table.name.name}`,
        targetRows: table.rows,
        rehearsedRows: rebuilt.rows.get(table) ?? 0,
      })),
      accessBefore: access,
      omitted: [...omitted, ...runnerNote(surroundings)],
      ...refusals(prepared),
    };
  } finally {
    await client.end();
    await superuser.end();
  }
}

/** Applies, unmeasured, the steps that the target has already and those that an earlier run began. */
async function applyFormerSteps(client: Client, former: readonly Step[]): Promise<void> {
  for (const step of former) {
    // Each step by itself, as an earlier plan may have committed after any of them.
    await executeUnits(client, [step]);
  }
  await closeMade(client, former);
}

/** Closes what these steps made, as a run does at its end. */
async function closeMade(client: Client, steps: readonly Step[]): Promise<void> {
  await closeAdded(client, [...madeObjects(steps), ...grantedObjects(steps)]);
}
