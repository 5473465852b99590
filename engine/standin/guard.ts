import type { ClientBase } from "pg";
import { fault } from "../../runner/base/fault";
import { isProtected, UNPROTECTED_SETTING } from "../../runner/postgres/protection";

/** The official plugin that this one stands in for. */
const STANDS_FOR = "postgresql v3.18.1";
/** Lets the stand-in work on a protected database; its only value is `tests-only`. */
const SWITCH = "V7_STAND_IN_ON_PROTECTED";
const SWITCH_VALUE = "tests-only";

/** Said at every use. */
export const STAND_IN_WARNING =
  `this is a STAND-IN for Pulumi's official plugin ${STANDS_FOR}, which could not be downloaded here. ` +
  "It is meant for development and CI on closed networks and refuses protected databases. " +
  `Where downloads work: pulumi plugin install resource postgresql v3.18.1`;

/** Whether it works on protected databases here all the same. */
export function isSwitchedOn(): boolean {
  return process.env[SWITCH] === SWITCH_VALUE;
}

/**
 * Lets a connection pass, or refuses it, before anything else runs on it.
 *
 * @param warn called where the switch lets a protected database pass
 * @throws STAND_IN_REFUSED
 */
export async function guardConnection(
  client: ClientBase,
  target: string,
  warn: (message: string) => void,
): Promise<void> {
  if (!(await isProtected(client))) {
    return;
  }
  if (isSwitchedOn()) {
    warn(
      `the STAND-IN for ${STANDS_FOR} works on ${target}, which is protected, only because ` +
        `${SWITCH}=${SWITCH_VALUE} is set. That is for tests: unset it everywhere else`,
    );
    return;
  }
  throw fault("STAND_IN_REFUSED", {
    what: `using the stand-in for the plugin ${STANDS_FOR} on ${target}`,
    found: "a protected database",
    expected: `a database marked as unprotected (ALTER DATABASE … SET ${UNPROTECTED_SETTING} = 'on')`,
    remedy:
      "Install the official plugin where its download host can be reached: " +
      "pulumi plugin install resource postgresql v3.18.1",
  });
}
