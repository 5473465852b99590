import { DatabaseError, escapeIdentifier, type ClientBase } from "pg";
import { Fault, fault, messageOf } from "../base/fault";
import type { CloneObstacle } from "./template";

/** The SQLSTATE where somebody is connected to the template, or has a prepared transaction in it. */
export const OBJECT_IN_USE = "55006";

/** Remedies by SQLSTATE. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const REMEDIES: Readonly<Record<string, string>> = {
  "53100": "Make room on the server's disk, then run again: what was begun is taken away by itself",
  "53200": "Give the server more memory, or let others finish, then run again",
  "58030": "Look into the server's log: its disk did not take the copy",
  "42501": "Have the server's owner give the login what is missing: docs/branches-external.md",
};

/** One fault for all obstacles: the first in its message, each other one on a line of its own. */
export function obstaclesFault(what: string, obstacles: readonly CloneObstacle[]): Fault {
  const [first, ...others] = obstacles;
  if (first === undefined) {
    throw new TypeError("a fault without an obstacle");
  }
  return fault("CLONE_REFUSED", {
    what,
    ...first,
    detail: others.map(
      ({ found, expected, remedy }) => `  - also ${found}, expected ${expected}. ${remedy}.`,
    ),
  });
}

/** The fault for what the server refused while cloning or dropping. */
export function cloneFault(what: string, error: unknown): Fault {
  if (error instanceof Fault) {
    return error;
  }
  const state = error instanceof DatabaseError ? (error.code ?? "") : "";
  return fault("CLONE_REFUSED", {
    what,
    found: `${messageOf(error)}${state === "" ? "" : ` (SQLSTATE ${state})`}`,
    remedy: REMEDIES[state] ?? "Correct what the server names, then run again",
    ...(error instanceof DatabaseError && error.detail !== undefined
      ? { detail: [`  detail: ${error.detail}`] }
      : {}),
    cause: error,
  });
}

/** The fault for a template that stays in use; it lists who is connected. */
export async function inUseFault(
  client: ClientBase,
  what: string,
  template: string,
  error: unknown,
): Promise<Fault> {
  const { rows } = await client.query<{ line: string }>(
    `SELECT format('pid %s (%s%s%s)', pid, COALESCE(usename, 'another login'), ', ' || NULLIF(application_name, ''),
                   ', ' || state) AS line
       FROM pg_catalog.pg_stat_activity WHERE datname = $1 ORDER BY pid`,
    [template],
  );
  return fault("CLONE_REFUSED", {
    what,
    found: `the template "${template}" in use`,
    expected: "nobody connected to it: the server copies none that somebody may be changing",
    remedy: `Let them disconnect; a template that nobody connects to (ALTER DATABASE ${escapeIdentifier(template)} WITH ALLOW_CONNECTIONS false) is always free`,
    detail:
      rows.length === 0
        ? [
            `  - ${error instanceof DatabaseError ? (error.detail ?? error.message) : messageOf(error)}`,
          ]
        : rows.map(({ line }) => `  - ${line}`),
    cause: error,
  });
}
