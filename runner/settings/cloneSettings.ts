import { fault, type Fault } from "../base/fault";
import { isTooLong, MAX_NAME_BYTES } from "../postgres/names";
import type { Login } from "./logins";

/** Databases that every server has. No stack may use one as its own database, since the stack's removal would drop it. */
const SERVER_DATABASES: readonly string[] = ["postgres", "template0", "template1"];

/** At most 20 characters, which leaves 43 bytes for a role's name. */
export const ROLE_SUFFIX = /^_[a-z0-9_]{1,19}$/;
export const SUFFIX_RULE =
  "an underscore, then lower-case letters, digits and underscores, at most 20 characters in all";

/** What is wrong with the names of the stack's own database and of its template. */
export function cloneFaults(
  databaseName: string | undefined,
  templateDatabase: string | undefined,
): Fault[] {
  if (databaseName === undefined || templateDatabase === undefined) {
    return [];
  }
  const given = `"${databaseName}" together with v7:templateDatabase "${templateDatabase}"`;
  const faults: Fault[] = [];
  if (templateDatabase.trim() === "") {
    faults.push(invalid("templateDatabase", "nothing", "the name of a database on that server"));
  }
  if (databaseName === templateDatabase) {
    faults.push(invalid("databaseName", given, "another name than the template's"));
  }
  if (SERVER_DATABASES.includes(databaseName)) {
    const expected = `a database of this stack's own, none of ${SERVER_DATABASES.join(", ")}`;
    faults.push(invalid("databaseName", given, expected));
  }
  for (const [key, name] of Object.entries({ databaseName, templateDatabase })) {
    if (isTooLong(name)) {
      const expected = `at most ${MAX_NAME_BYTES}: PostgreSQL cuts a longer one short`;
      faults.push(invalid(key, `a name of ${Buffer.byteLength(name)} bytes`, expected));
    }
  }
  return faults;
}

/** The logins with the suffix appended to their names and their roles' names; and a fault for each name that is then too long. */
export function suffixLogins(
  logins: readonly Login[],
  suffix: string,
): { readonly logins: readonly Login[]; readonly faults: readonly Fault[] } {
  if (suffix === "") {
    return { logins, faults: [] };
  }
  const faults = logins
    .filter(({ name }) => isTooLong(name + suffix))
    .map(({ name }) =>
      invalid(
        "roleSuffix",
        `"${suffix}", with which the login "${name}" would be longer than ${MAX_NAME_BYTES} bytes`,
        "a shorter suffix",
      ),
    );
  return {
    logins: logins.map(({ name, role, password }) => ({
      name: name + suffix,
      role: role + suffix,
      password,
    })),
    faults,
  };
}

function invalid(key: string, found: string, expected: string): Fault {
  return fault("SETTING_INVALID", {
    what: `reading setting "v7:${key}"`,
    found,
    expected,
    remedy: `Run pulumi config set v7:${key} with another`,
  });
}
