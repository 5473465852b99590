import { fault } from "../base/fault";
import type { AccessMatrix, Step } from "../model";
import { isTooLong, MAX_NAME_BYTES } from "../postgres/names";
import { matrixOf } from "./accessMatrix";

/**
 * The access matrix with the suffix appended to every role's name, so that several databases of one server have roles of
 * their own. Its sha256 covers the suffixed names, and so does an approval. Without a suffix it is the same matrix.
 *
 * @throws SETTING_INVALID where a name becomes too long
 */
export function suffixAccess(matrix: AccessMatrix, suffix: string): AccessMatrix {
  if (suffix === "") {
    return matrix;
  }
  const long = Object.keys(matrix.roles).filter((role) => isTooLong(role + suffix));
  if (long.length > 0) {
    throw invalid(
      `"${suffix}", with which ${list(long)} would be longer than ${String(MAX_NAME_BYTES)} bytes`,
      "a shorter suffix",
      "Run pulumi config set v7:roleSuffix with a shorter one",
    );
  }
  return matrixOf(
    Object.fromEntries(Object.entries(matrix.roles).map(([role, what]) => [role + suffix, what])),
    matrix.grants.map((grant) => ({ ...grant, role: grant.role + suffix })),
    (matrix.archiveReaders ?? []).map((role) => role + suffix).sort(),
  );
}

/**
 * Refuses steps whose SQL names one of the matrix's roles: a suffix does not change the SQL, so that it would name another
 * stack's role, or one that does not exist.
 *
 * The lock lists the roles that a statement names as a word, also in quoted code and dynamic SQL, but not in comments. A
 * name that SQL builds from pieces is not detected.
 *
 * @param matrix with its plain names
 * @throws SETTING_INVALID naming steps and roles
 */
export function refuseNamedRoles(
  steps: readonly Step[],
  { roles }: AccessMatrix,
  suffix: string,
): void {
  if (suffix === "") {
    return;
  }
  const naming = steps
    .map((step) => ({ step, named: namedRoles(step, Object.keys(roles)) }))
    .filter(({ named }) => named.length > 0);
  if (naming.length === 0) {
    return;
  }
  const found = naming.map(
    ({ step, named }) =>
      `the ${step.kind} "${step.id}", whose SQL names the role${named.length === 1 ? "" : "s"} ${list(named)}`,
  );
  const chosen = naming.filter(({ step }) => !step.required).map(({ step }) => step.id);
  throw invalid(
    `"${suffix}", and ${found.join(", and ")}`,
    "no SQL that names a role: its bytes do not change with a suffix",
    chosen.length === naming.length
      ? `Take ${list(chosen)} out of v7:amendments, or run pulumi config rm v7:roleSuffix`
      : "Run pulumi config rm v7:roleSuffix",
  );
}

/** The roles that the SQL of a step or of its inverse names. */
function namedRoles({ statements, inverse }: Step, roles: readonly string[]): string[] {
  const named = new Set(
    [...statements, ...(inverse?.statements ?? [])].flatMap(({ locked }) => locked?.roles ?? []),
  );
  return roles.filter((role) => named.has(role));
}

function list(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

function invalid(found: string, expected: string, remedy: string): Error {
  return fault("SETTING_INVALID", {
    what: 'reading setting "v7:roleSuffix"',
    found,
    expected,
    remedy,
  });
}
