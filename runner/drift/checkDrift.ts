import { DatabaseError, escapeIdentifier, type Client } from "pg";
import { Fault, fault, messageOf } from "../base/fault";
import { within } from "../base/within";
import { differenceOf } from "../catalog/compare";
import type { AccessMatrix, ConnectionSettings } from "../model";
import { BOUNDS } from "../postgres/bounds";
import { connect } from "../postgres/connection";
import { serverVersion } from "../postgres/serverVersion";
import { sessionFault } from "../postgres/sessionFault";
import { describeTarget } from "../postgres/target";
import { findDrift, type Drift } from "./findDrift";
import type { VerifyRequest } from "./verify";

export interface DriftCheckOptions {
  /** For the whole check, including the connection. Default: 60. */
  readonly timeoutSeconds?: number;
  /** A digest of a row of the history that was seen before: the row must still exist. */
  readonly knownHead?: string;
}

export interface CheckedDrift extends Drift {
  readonly serverVersion: string;
}

/**
 * Looks for drift in one read-only transaction with a snapshot of one moment; a login that may only read suffices.
 *
 * @throws the SERVER_ codes, and DRIFT_UNKNOWN where not everything could be read: "no drift" is never reported then
 */
export async function checkDrift(
  connection: ConnectionSettings,
  request: VerifyRequest,
  { timeoutSeconds = 60, knownHead }: DriftCheckOptions = {},
): Promise<CheckedDrift> {
  let client: Client | undefined;
  try {
    const looking = async (): Promise<CheckedDrift> => {
      client = await connect(connection, {
        applicationName: "v7 drift",
        connectSeconds: Math.min(BOUNDS.connectSeconds, timeoutSeconds),
        retrySeconds: timeoutSeconds,
        answerSeconds: timeoutSeconds,
      });
      return await look(client, request, timeoutSeconds);
    };
    const drift = await within(timeoutSeconds, looking(), () =>
      fault("DRIFT_UNKNOWN", {
        what: `looking for drift at ${describeTarget(connection)}`,
        found: `no answer within ${String(timeoutSeconds)} seconds`,
        expected: "the server to answer",
        remedy: "Give it more time with --timeout, or find out what holds it up",
      }),
    );
    return knownHead === undefined ? drift : withKnownHead(drift, knownHead);
  } catch (error) {
    const known = client === undefined ? error : await sessionFault(client, connection, error);
    throw known instanceof Fault ? known : unknownDrift(connection, request.access, error);
  } finally {
    await client?.end();
  }
}

async function look(
  client: Client,
  request: VerifyRequest,
  timeoutSeconds: number,
): Promise<CheckedDrift> {
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  // The wait for a lock ends early enough to find out who holds it.
  await client.query(
    "SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true)",
    [
      `${String(timeoutSeconds * 1000)}ms`,
      `${String(Math.min(BOUNDS.lockSeconds, timeoutSeconds / 2) * 1000)}ms`,
    ],
  );
  const drift = await findDrift(client, request);
  const checked = { ...drift, serverVersion: await serverVersion(client) };
  await client.query("COMMIT");
  return checked;
}

function withKnownHead(drift: CheckedDrift, knownHead: string): CheckedDrift {
  if (drift.history.some(({ digest }) => digest === knownHead)) {
    return drift;
  }
  const digest = knownHead.slice(0, 16);
  return {
    ...drift,
    findings: [
      {
        ...differenceOf(
          `history row ${digest}`,
          "missing",
          `the row with digest ${digest}… that was there before is not`,
        ),
        expected: knownHead,
        actual: drift.historyHead,
        severity: "critical",
        causes: [`the owner ${drift.owner}`],
        repair: {
          how: "manual",
          sql: [],
          note: "no SQL makes a history true again: find out who changed it, and restore it from a backup",
          phase: 0,
        },
      },
      ...drift.findings,
    ],
  };
}

function unknownDrift(connection: ConnectionSettings, access: AccessMatrix, error: unknown): Fault {
  const state = error instanceof DatabaseError ? error.code : undefined;
  return fault("DRIFT_UNKNOWN", {
    what: `looking for drift at ${describeTarget(connection)}`,
    found: `${messageOf(error)}${state === undefined ? "" : ` (SQLSTATE ${state})`}`,
    expected: "to read the catalog and v7_control.history",
    remedy:
      state === "42501"
        ? `Let the login read both${readerOf(access)
            .map(
              (role) => `: GRANT ${escapeIdentifier(role)} TO ${escapeIdentifier(connection.user)}`,
            )
            .join("")}`
        : state === "57014"
          ? "Give it more time with --timeout, or find out what holds it up"
          : "Drift could not be determined; run it again",
    cause: error,
  });
}

/** Of the matrix's roles that may read the history, the one with the fewest grants. */
function readerOf({ grants }: AccessMatrix): readonly string[] {
  const count = (role: string): number => grants.filter((one) => one.role === role).length;
  return grants
    .filter(({ schema, object }) => schema === "v7_control" && object === "history")
    .map(({ role }) => role)
    .sort((a, b) => count(a) - count(b))
    .slice(0, 1);
}
