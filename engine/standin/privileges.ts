/** Which privileges there are for which kind of object: https://www.postgresql.org/docs/18/ddl-priv.html */
const PRIVILEGES = {
  schema: ["CREATE", "USAGE"],
  // MAINTAIN since PostgreSQL 17.
  table: ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"],
  column: ["SELECT", "INSERT", "UPDATE", "REFERENCES"],
} as const;

export type ObjectType = keyof typeof PRIVILEGES;

/** Undefined where all of these are privileges on such an object; else which is not, and which there are. */
export function privilegeProblem(
  type: ObjectType,
  privileges: readonly string[],
): string | undefined {
  const known: readonly string[] = PRIVILEGES[type];
  const unknown = privileges.find((one) => one !== "ALL" && !known.includes(one));
  return unknown === undefined
    ? undefined
    : `found "${unknown}", expected of a ${type}: ALL, ${known.join(", ")}`;
}

/** Whether what is there is what was asked for; ALL is every privilege that this server has for the object. */
export function isSamePrivileges(
  type: ObjectType,
  wanted: readonly string[],
  found: readonly string[],
  major: number,
): boolean {
  return isSameSet(expand(type, wanted, major), found);
}

/** Which of those asked for are not there. */
export function missingPrivileges(
  type: ObjectType,
  wanted: readonly string[],
  found: readonly string[],
  major: number,
): string[] {
  return expand(type, wanted, major).filter((one) => !found.includes(one));
}

function expand(type: ObjectType, wanted: readonly string[], major: number): readonly string[] {
  return wanted.includes("ALL")
    ? PRIVILEGES[type].filter((one) => one !== "MAINTAIN" || major >= 17)
    : wanted;
}

/** Whether two lists hold the same, in whatever order. */
export function isSameSet(one: readonly unknown[], other: readonly unknown[]): boolean {
  const left = new Set(one);
  const right = new Set(other);
  return left.size === right.size && [...left].every((value) => right.has(value));
}
