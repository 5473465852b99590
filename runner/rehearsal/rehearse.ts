import { Client } from "pg";
import { fault } from "../base/fault";
import { definedObjects } from "../directive/definitions";
import { stepKey, type Directives } from "../directive/directive";
import type { Step } from "../directive/manifest";
import { isPostgresMajor, startThrowaway, type ThrowawayServer } from "../embedded";
import { generatePassword } from "../embedded/server/scram";
import { isConcurrent } from "../execute/executeConcurrentStep";
import { executeStep } from "../execute/executeStep";
import { standingSteps } from "../history/history";
import type { PlanAction } from "../plan/plan";
import {
  preparePlan,
  prepareRollback,
  type PlanRequest,
  type PreparedPlan,
} from "../plan/preparePlan";
import { connect, withConnection } from "../postgres/connection";
import { takeEffectiveAccess } from "./effectiveAccess";
import { measurePlan, type Measured } from "./measurePlan";
import type { EffectiveAccess, Rehearsal } from "./model";
import { rebuildObjects, rebuildRoles, REHEARSAL_DATABASE } from "./rebuild";
import { rehearsedOutcome } from "./rehearsedOutcome";
import { readSurroundings, type Surroundings, type SurroundingTable } from "./surroundings";

export interface RehearseRequest extends PlanRequest, Pick<Directives, "expected"> {
  /** What is rehearsed. Default: apply. */
  readonly action?: Extract<PlanAction, "apply" | "rollback">;
  /** No table of others is given more rows than this, however many the target has. Default: a million. */
  readonly maxRows?: number;
  readonly onProgress?: (message: string) => void;
}

/** What was read of the target, in one read-only transaction. */
interface Target {
  readonly prepared: PreparedPlan;
  readonly surroundings: Surroundings;
  readonly access: readonly EffectiveAccess[];
}

const DEFAULT_MAX_ROWS = 1_000_000;

/**
 * Runs the plan on a throwaway server of the target's major version, with the target's surroundings rebuilt from its
 * catalog: its roles and default privileges, its types, the tables of others with as many rows.
 *
 * Reads the target only, in one read-only transaction. The throwaway server is gone when this returns, and when the
 * process ends.
 *
 * @returns undefined where there is nothing to run
 * @throws REHEARSAL_FAILED where there is no server of that version to rehearse on
 * @throws STATEMENT_FAILED as the real run would
 */
export async function rehearse(request: RehearseRequest): Promise<Rehearsal | undefined> {
  const { onProgress = () => undefined } = request;
  onProgress("reading the target");
  const target = await readTarget(request);
  if (target.prepared.digest === undefined) {
    return undefined;
  }
  const { major, serverVersion } = target.surroundings;
  if (!isPostgresMajor(major)) {
    throw fault("REHEARSAL_FAILED", {
      what: "choosing a server to rehearse on",
      found: `a target of PostgreSQL ${serverVersion}`,
      expected: "15 to 18, which are at hand here",
      remedy: "Apply without a rehearsal, or try the plan on a copy of the target",
    });
  }
  onProgress(`starting a throwaway PostgreSQL ${String(major)}`);
  const server = await startThrowaway(major);
  try {
    return await rehearseOn(server, request, target, onProgress);
  } finally {
    await server.stop();
  }
}

async function readTarget(request: RehearseRequest): Promise<Target> {
  const look = request.action === "rollback" ? prepareRollback : preparePlan;
  return await withConnection(
    request.connection,
    async (client) => {
      await client.query("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
      try {
        const prepared = await look(client, request);
        const objects = definedObjects(request.allSteps);
        return {
          prepared,
          surroundings: await readSurroundings(client, objects),
          access: await takeEffectiveAccess(client, objects, request.access),
        };
      } finally {
        await client.query("ROLLBACK");
      }
    },
    { applicationName: "v7 rehearse" },
  );
}

async function rehearseOn(
  server: ThrowawayServer,
  request: RehearseRequest,
  { prepared, surroundings, access }: Target,
  onProgress: (message: string) => void,
): Promise<Rehearsal> {
  const { maxRows = DEFAULT_MAX_ROWS } = request;
  const rowsOf = ({ rows }: SurroundingTable): number => Math.min(rows ?? 0, maxRows);
  const admin = await connectAsSuperuser(server, "postgres");
  const omitted = await rebuildRoles(admin, surroundings);
  const password = generatePassword();
  await prepareLogin(admin, surroundings, request, password);
  await admin.end();

  const superuser = await connectAsSuperuser(server, REHEARSAL_DATABASE);
  const filled = surroundings.tables.map(
    (table) => `${table.name.name}: ${String(rowsOf(table))} rows`,
  );
  onProgress(`rebuilding the target's surroundings (${filled.join(", ")})`);
  omitted.push(...(await rebuildObjects(superuser, surroundings, rowsOf)));

  const client = await connect({
    host: server.host,
    port: server.port,
    databaseName: REHEARSAL_DATABASE,
    user: surroundings.runsAs,
    password,
    sslMode: "disable",
  });
  try {
    await bringStanding(client, request, prepared);
    onProgress("running the plan");
    const standing = definedObjects(standingOf(request, prepared));
    const tables = [...surroundings.tables.map(({ name }) => name), ...standing.tables];
    const measured: Measured = await measurePlan(client, prepared, { tables, onProgress });
    const outcome = await rehearsedOutcome(client, superuser, request, prepared);
    return {
      serverVersion: await versionOf(superuser),
      targetVersion: surroundings.serverVersion,
      ...measured,
      ...outcome,
      tables: surroundings.tables.map((table) => ({
        name: `${table.name.schema}.${table.name.name}`,
        targetRows: table.rows,
        rehearsedRows: omitted.some((line) =>
          line.startsWith(`rows of "${table.name.schema}.${table.name.name}"`),
        )
          ? 0
          : rowsOf(table),
      })),
      accessBefore: access,
      omitted: [...omitted, ...runnerNote(surroundings)],
    };
  } finally {
    await client.end();
    await superuser.end();
  }
}

/** A login that only reads, as a preview has it, cannot be the one that will run the plan. */
function runnerNote({ login, runsAs }: Surroundings): string[] {
  return runsAs === login
    ? []
    : [`login "${login}", which may not alter the tables: the plan ran as their owner "${runsAs}"`];
}

/** The database, its owner, the login that runs the plan, and the group roles that the stack makes before it. */
async function prepareLogin(
  admin: Client,
  { runsAs, databaseOwner }: Surroundings,
  { access }: RehearseRequest,
  password: string,
): Promise<void> {
  const name = admin.escapeIdentifier.bind(admin);
  await admin.query(`ALTER ROLE ${name(runsAs)} LOGIN PASSWORD ${admin.escapeLiteral(password)}`);
  await admin.query(
    `CREATE DATABASE ${name(REHEARSAL_DATABASE)} OWNER ${name(databaseOwner)} TEMPLATE template0 ENCODING 'UTF8'`,
  );
  const { rows } = await admin.query<{ role: string }>(
    "SELECT role FROM unnest($1::text[]) AS wanted(role) WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)",
    [Object.keys(access.roles)],
  );
  for (const { role } of rows) {
    await admin.query(`CREATE ROLE ${name(role)} NOLOGIN`);
  }
}

/** What stands on the target already is brought first, unmeasured. */
async function bringStanding(
  client: Client,
  request: RehearseRequest,
  prepared: PreparedPlan,
): Promise<void> {
  for (const step of standingOf(request, prepared)) {
    await bring(client, step);
  }
}

function standingOf({ allSteps }: RehearseRequest, { history }: PreparedPlan): readonly Step[] {
  const standing = standingSteps(history);
  return allSteps.filter((step) => standing.has(stepKey(step)));
}

async function bring(client: Client, step: Step): Promise<void> {
  if (isConcurrent(step)) {
    await executeStep(client, step);
    return;
  }
  await client.query("BEGIN");
  await executeStep(client, step);
  await client.query("COMMIT");
}

async function connectAsSuperuser(
  { host, port, superuser, superuserPassword }: ThrowawayServer,
  database: string,
): Promise<Client> {
  const client = new Client({
    host,
    port,
    user: superuser,
    password: superuserPassword,
    database,
    ssl: false,
  });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

async function versionOf(client: Client): Promise<string> {
  const { rows } = await client.query<{ version: string }>(
    "SELECT split_part(current_setting('server_version'), ' ', 1) AS version",
  );
  return rows[0]?.version ?? "";
}
