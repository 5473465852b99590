import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseError, escapeIdentifier, type ClientBase } from "pg";
import { fault } from "../base/fault";
import type { ConnectionSettings } from "../model";
import { withAdvisoryLock } from "../postgres/advisoryLock";
import { withMaintenance } from "../postgres/connection";
import { writeDatabaseNote } from "../postgres/databaseNote";
import { UNPROTECTED_SETTING } from "../postgres/protection";
import { cloneFaults } from "../settings/cloneSettings";
import { cloneFault, obstaclesFault, inUseFault, OBJECT_IN_USE } from "./cloneFault";
import {
  cloneObstacles,
  mayNotMark,
  readCloneState,
  type CloneState,
  unfinishedMark,
} from "./template";

/** A stack's own database on a shared server. */
export interface CloneRequest {
  /** The server, the login that creates and owns the database, and the database's name. */
  readonly connection: ConnectionSettings;
  /** The database of that server that is copied. */
  readonly template: string;
  readonly stack: string;
}

export interface CopyOptions {
  readonly onProgress?: (message: string) => void;
  /** How long to wait for a template that is in use. Default: 20. */
  readonly inUseSeconds?: number;
}

/**
 * Creates the stack's own database as a copy of the template; leaves an existing, complete one unchanged.
 *
 * Nobody can connect to it until it is complete: CREATE DATABASE gives it a connection limit that identifies this stack and
 * accepts no connections; one transaction then notes its stack, marks it as unprotected and accepts connections. So the
 * database of a run that was killed is recognized for certain, and created again.
 *
 * @returns whether it was created; false where it existed already
 * @throws CLONE_REFUSED where the template does not exist, or its owner has not marked it as unprotected; where a database
 * of that name is not this stack's, or is protected; where the login or the server cannot do it
 * @throws SETTING_INVALID where the names are those of no clone
 * @throws LOCK_TIMEOUT where another run creates or drops the same database
 */
export async function createDatabaseClone(
  request: CloneRequest,
  options: CopyOptions = {},
): Promise<boolean> {
  const { template, stack, connection } = request;
  const { databaseName } = connection;
  const what = describe("cloning", request);
  refuseNames(request);
  return await withMaintenance(connection, (client) =>
    withCloneLock(client, databaseName, options, async () => {
      const state = await readCloneState(client, databaseName, stack);
      refuseForeign(what, state);
      if (state.kind === "ours") {
        return false;
      }
      await refuseObstacles(client, what, template);
      if (state.kind === "unfinished") {
        options.onProgress?.("taking away what a run that ended too early left behind");
        await drop(client, databaseName);
      }
      options.onProgress?.(`cloning "${template}"`);
      await copyTemplate(client, what, request, options);
      options.onProgress?.("opening the database");
      await open(client, what, request);
      return true;
    }),
  );
}

/**
 * Whether the stack's own database exists and is complete. Changes nothing.
 *
 * @throws SERVER_UNREACHABLE, SERVER_REFUSED
 */
export async function isCloneThere(request: CloneRequest): Promise<boolean> {
  const { connection, stack } = request;
  const state = await withMaintenance(connection, (client) =>
    readCloneState(client, connection.databaseName, stack),
  );
  return state.kind === "ours";
}

/**
 * Refuses what {@link createDatabaseClone} would refuse; changes nothing.
 *
 * @returns whether the database exists already and is complete
 * @throws CLONE_REFUSED
 */
export async function checkDatabaseClone(request: CloneRequest): Promise<boolean> {
  const { template, stack, connection } = request;
  const what = describe("cloning", request);
  refuseNames(request);
  return await withMaintenance(connection, async (client) => {
    const state = await readCloneState(client, connection.databaseName, stack);
    refuseForeign(what, state);
    if (state.kind !== "ours") {
      await refuseObstacles(client, what, template);
    }
    return state.kind === "ours";
  });
}

/**
 * Drops the stack's own database and disconnects everybody from it. Does nothing where it does not exist.
 *
 * @throws CLONE_REFUSED where a database of that name is not this stack's, or is protected: it stays
 */
export async function dropDatabaseClone(
  request: Omit<CloneRequest, "template">,
  options: CopyOptions = {},
): Promise<void> {
  const { connection, stack } = request;
  const { databaseName } = connection;
  const what = describe("dropping", request);
  await withMaintenance(connection, (client) =>
    withCloneLock(client, databaseName, options, async () => {
      const state = await readCloneState(client, databaseName, stack);
      refuseForeign(what, state);
      if (state.kind !== "absent") {
        await drop(client, databaseName).catch((error: unknown) => {
          throw cloneFault(what, error);
        });
      }
    }),
  );
}

function describe(doing: string, { connection }: Omit<CloneRequest, "template">): string {
  const { user, host, port, databaseName } = connection;
  return `${doing} the database "${databaseName}" at "${user}@${host}:${port}"`;
}

/** Lets only one run at a time create or drop a database of that name; other names are not blocked. */
async function withCloneLock<T>(
  client: ClientBase,
  databaseName: string,
  { onProgress }: CopyOptions,
  use: () => Promise<T>,
): Promise<T> {
  const digest = createHash("sha256").update(`v7-database-clone ${databaseName}`).digest();
  const key = digest.readBigInt64BE(0).toString();
  const onWait = (holder: string): void => onProgress?.(`waiting for ${holder}`);
  return await withAdvisoryLock(client, { key, onWait }, use);
}

/** Refuses invalid names, since other programs than ours may call the plugin with settings that nobody has checked. */
function refuseNames({ connection, template }: CloneRequest): void {
  const [first] = cloneFaults(connection.databaseName, template);
  if (first !== undefined) {
    throw first;
  }
}

function refuseForeign(what: string, state: CloneState): void {
  if (state.kind === "foreign") {
    throw fault("CLONE_REFUSED", {
      what,
      found: `a database of that name that is not this stack's: ${state.description}`,
      expected: "none, or this stack's own: another's is neither taken over nor dropped",
      remedy: "Set v7:databaseName to another name",
    });
  }
  if (state.kind === "ours" && state.isProtected) {
    throw fault("CLONE_REFUSED", {
      what,
      found: "this stack's own database, which somebody has protected since",
      expected: `a database with ${UNPROTECTED_SETTING}: a protected one is neither used nor dropped without an approval`,
      remedy:
        "Find out who protected it and why; a clone is unprotected, and what is worth protecting needs a stack without v7:templateDatabase",
    });
  }
}

async function refuseObstacles(client: ClientBase, what: string, template: string): Promise<void> {
  const obstacles = await cloneObstacles(client, template);
  if (obstacles.length > 0) {
    throw obstaclesFault(what, obstacles);
  }
}

/** In one transaction notes its stack, marks it as unprotected and accepts connections; drops it where that fails. */
async function open(client: ClientBase, what: string, request: CloneRequest): Promise<void> {
  const { stack } = request;
  const { databaseName } = request.connection;
  const name = escapeIdentifier(databaseName);
  try {
    await client.query("BEGIN");
    await writeDatabaseNote(client, databaseName, { stack });
    await mark(client, what, request);
    await client.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS true CONNECTION LIMIT -1`);
    await client.query("COMMIT");
  } catch (error) {
    // If the connection broke, nothing can be dropped now; the next run recognizes the incomplete database.
    await client.query("ROLLBACK").catch(() => undefined);
    await drop(client, databaseName).catch(() => undefined);
    throw cloneFault(what, error);
  }
}

/** Marks the database as unprotected. Its privilege was checked before, but the server may still refuse. */
async function mark(client: ClientBase, what: string, { connection }: CloneRequest): Promise<void> {
  const name = escapeIdentifier(connection.databaseName);
  try {
    await client.query(`ALTER DATABASE ${name} SET ${UNPROTECTED_SETTING} = 'on'`);
  } catch (error) {
    throw error instanceof DatabaseError && error.code === "42501"
      ? obstaclesFault(what, [mayNotMark(connection.user)])
      : error;
  }
}

async function drop(client: ClientBase, databaseName: string): Promise<void> {
  await client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(databaseName)} WITH (FORCE)`);
}

/**
 * Copies the template by CREATE DATABASE; waits for a while where it is in use. The copy accepts no connections, and its
 * connection limit identifies its stack.
 *
 * @param what the operation, for messages
 * @throws CLONE_REFUSED
 */
async function copyTemplate(
  client: ClientBase,
  what: string,
  { connection, template, stack }: CloneRequest,
  { onProgress, inUseSeconds = 20 }: CopyOptions,
): Promise<void> {
  const deadline = Date.now() + inUseSeconds * 1000;
  for (;;) {
    try {
      await client.query(
        `CREATE DATABASE ${escapeIdentifier(connection.databaseName)} TEMPLATE ${escapeIdentifier(template)}
           ALLOW_CONNECTIONS false CONNECTION LIMIT ${unfinishedMark(stack)}`,
      );
      return;
    } catch (error) {
      if (!(error instanceof DatabaseError && error.code === OBJECT_IN_USE)) {
        throw cloneFault(what, error);
      }
      if (Date.now() > deadline) {
        throw await inUseFault(client, what, template, error);
      }
      onProgress?.(`waiting for those who use "${template}"`);
      await sleep(100 + Math.random() * 200);
    }
  }
}
