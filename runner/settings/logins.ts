import { fault } from "../base/fault";
import type { AccessMatrix } from "../model";

/** A login member of a group role. */
export interface Login {
  readonly name: string;
  /** The group role: `v7_agent`. */
  readonly role: string;
  /** A SCRAM-SHA-256 verifier, not a password: a password would reach the server's log. */
  readonly password: string;
}

/** By group role, the names of its logins, sorted, since their order in the settings has no meaning. */
export function membersByRole(logins: readonly Login[]): Record<string, string[]> {
  const members: Record<string, string[]> = {};
  for (const { role, name } of logins) {
    (members[role] ??= []).push(name);
  }
  for (const names of Object.values(members)) {
    names.sort();
  }
  return members;
}

/**
 * Refuses a login whose role is not a group role of the matrix (`postgres`, say), whose name is a group role's, or that
 * is listed twice.
 *
 * @throws SETTING_INVALID
 */
export function checkLogins(logins: readonly Login[], access: AccessMatrix): void {
  const groups = Object.keys(access.roles);
  for (const [index, { name, role }] of logins.entries()) {
    if (!groups.includes(role)) {
      refuse(`the role "${role}" of login "${name}"`, `one of ${groups.join(", ")}`);
    }
    if (groups.includes(name)) {
      refuse(`a login named "${name}"`, "a name that is not a group role's");
    }
    if (logins.findIndex((one) => one.name === name) !== index) {
      refuse(`login "${name}" twice`, "each login once");
    }
  }
}

function refuse(found: string, expected: string): never {
  throw fault("SETTING_INVALID", {
    what: 'reading setting "v7:logins"',
    found,
    expected,
    remedy: "Correct the list of logins",
  });
}
