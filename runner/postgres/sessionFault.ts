import { DatabaseError, type ClientBase } from "pg";
import { Fault, fault, messageOf } from "../base/fault";
import type { ConnectionSettings } from "../model";
import { breakOf, SilentServerError } from "./client";
import { describeTarget } from "./target";
import { describeLockHolders, LOCK_NOT_AVAILABLE } from "./waitForLock";

/**
 * The fault for an error after which a session cannot go on: the server is silent, the connection is lost, or another
 * session holds a lock. Any other error is returned unchanged.
 */
export async function sessionFault(
  client: ClientBase,
  settings: ConnectionSettings,
  error: unknown,
): Promise<unknown> {
  if (error instanceof DatabaseError && error.code === LOCK_NOT_AVAILABLE) {
    return await lockFault(client, settings, error);
  }
  const reason = lossOf(client, error);
  if (reason === undefined || (error instanceof Fault && error.code === "COMMIT_UNKNOWN")) {
    return error;
  }
  return fault(reason instanceof SilentServerError ? "SERVER_SILENT" : "SERVER_LOST", {
    what: `talking to ${describeTarget(settings)}`,
    found: describe(reason),
    expected: "the server to answer",
    remedy:
      "What had not been committed is rolled back by the server. Look at the server, and at what lies between, and run again",
    ...(error instanceof Fault ? { detail: [`  ${error.message}`] } : {}),
    cause: error,
  });
}

/** The fault where the connection was lost before the answer to COMMIT; any other error is returned unchanged. */
export function commitFault(
  client: ClientBase,
  settings: ConnectionSettings,
  error: unknown,
): unknown {
  const reason = lossOf(client, error);
  if (reason === undefined) {
    return error;
  }
  return fault("COMMIT_UNKNOWN", {
    what: `committing at ${describeTarget(settings)}`,
    found: describe(reason),
    expected: "the server's answer to COMMIT",
    remedy:
      "Everything may have been committed, or nothing. Run the same again: it looks first, and does what is still to be done",
    cause: error,
  });
}

/** Why the connection is lost: the server ended it, it broke, or the server was silent. Undefined where it is not lost. */
function lossOf(client: ClientBase, error: unknown): unknown {
  const cause = error instanceof Fault ? error.cause : error;
  return cause instanceof DatabaseError && cause.severity === "FATAL" ? cause : breakOf(client);
}

function describe(reason: unknown): string {
  const state = reason instanceof DatabaseError ? reason.code : undefined;
  return `${messageOf(reason)}${state === undefined ? "" : ` (SQLSTATE ${state})`}`;
}

/**
 * The fault for a query of ours that the server refused: it answers them all where nobody changed its own objects and
 * privileges. Any other error is returned unchanged.
 */
export function refusalFault(settings: ConnectionSettings, error: unknown): unknown {
  return error instanceof DatabaseError
    ? fault("SERVER_REFUSED", {
        what: `reading from ${describeTarget(settings)}`,
        found: describe(error),
        expected: "an answer to a query of v7's own",
        remedy:
          error.code === "42501"
            ? "Grant to this login what the message names; on a new server everybody has it"
            : "Look at what the message names, and at the server's log, and run again",
        cause: error,
      })
    : error;
}

async function lockFault(
  client: ClientBase,
  settings: ConnectionSettings,
  error: DatabaseError,
): Promise<Fault> {
  const holders = await client
    .query("ROLLBACK")
    .then(() => describeLockHolders(client))
    .catch(() => []);
  return fault("LOCK_TIMEOUT", {
    what: `waiting for a lock at ${describeTarget(settings)}`,
    found: holders.length === 0 ? error.message : holders.join("; "),
    expected: "a lock that is free soon",
    remedy: "Nothing was changed. Wait for that session, or end it, and run again",
    cause: error,
  });
}
