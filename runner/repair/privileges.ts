import { escapeIdentifier } from "pg";
import { ownValue } from "../base/ownValue";
import { definedObjects } from "../catalog/definedObjects";
import { keyReader, type GrantedOn } from "../catalog/grantedOn";
import { entryOf, PHASES, type Repair, type RepairContext } from "./context";

type Grantees = Readonly<Record<string, readonly string[]>>;

/** Privileges on one object: what is too much is revoked, what is missing granted. */
export function repairPrivileges(context: RepairContext, object: string): Repair {
  const on = keyReader(context.access, definedObjects(context.steps))(object);
  if (on === undefined) {
    throw new Error(`"${object}" names nothing that is granted on`);
  }
  const expected = entryOf(context.expected, object) as Grantees;
  const actual = entryOf(context.live, object) as Grantees;
  const grantees = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
  const revokes = grantees.flatMap((grantee) =>
    revoke(
      context,
      on,
      grantee,
      ownValue(expected, grantee) ?? [],
      ownValue(actual, grantee) ?? [],
    ),
  );
  const grants = grantees.flatMap((grantee) =>
    grant(on, grantee, ownValue(expected, grantee) ?? [], ownValue(actual, grantee) ?? []),
  );
  return {
    how: revokes.length === 0 ? "additive" : "plan",
    sql: [...revokes, ...grants],
    phase: PHASES.privilege,
  };
}

function roleName(grantee: string): string {
  return grantee === "PUBLIC" ? "PUBLIC" : escapeIdentifier(grantee);
}

/** Whoever may grant on may have done so: what was granted on goes with it, by CASCADE; nothing else does. */
function revoke(
  context: RepairContext,
  { type, on, column }: GrantedOn,
  grantee: string,
  expected: readonly string[],
  actual: readonly string[],
): string[] {
  if (grantee === "<owner> lacks") {
    const words = actual.map((word) => `${word}${column}`).join(", ");
    return actual.length === 0
      ? []
      : [`GRANT ${words} ON ${type} ${on} TO ${escapeIdentifier(context.owner)}`];
  }
  const bare = (word: string): string => word.replace("*", "");
  const list = (words: readonly string[]): string =>
    words.map((word) => `${bare(word)}${column}`).join(", ");
  const extra = actual.filter((word) => !expected.some((one) => bare(one) === bare(word)));
  const grantable = actual.filter((word) => word.endsWith("*") && expected.includes(bare(word)));
  const cascade = extra.some((word) => word.endsWith("*")) ? " CASCADE" : "";
  return [
    ...(extra.length === 0
      ? []
      : [`REVOKE ${list(extra)} ON ${type} ${on} FROM ${roleName(grantee)}${cascade}`]),
    ...(grantable.length === 0
      ? []
      : [
          `REVOKE GRANT OPTION FOR ${list(grantable)} ON ${type} ${on} FROM ${roleName(grantee)} CASCADE`,
        ]),
  ];
}

function grant(
  { type, on, column }: GrantedOn,
  grantee: string,
  expected: readonly string[],
  actual: readonly string[],
): string[] {
  const missing = expected.filter((word) => !actual.includes(word) && !actual.includes(`${word}*`));
  const words = missing.map((word) => `${word}${column}`).join(", ");
  return missing.length === 0 ? [] : [`GRANT ${words} ON ${type} ${on} TO ${roleName(grantee)}`];
}

const ALL_OF: Readonly<Record<string, string>> = {
  functions: "GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
  types: "GRANT USAGE ON TYPES TO PUBLIC",
};

/** Default privileges that concern our schemas or roles: set back to what PostgreSQL has by itself. */
export function repairDefaultPrivileges(context: RepairContext, object: string): Repair {
  const [, owner = "", schema, kind = ""] =
    /^default privileges of (.*?)(?: in schema (.*?))? on ([a-z ]+)$/s.exec(object) ?? [];
  const where = `ALTER DEFAULT PRIVILEGES FOR ROLE ${escapeIdentifier(owner)}${schema === undefined ? "" : ` IN SCHEMA ${escapeIdentifier(schema)}`}`;
  const words = kind.toUpperCase();
  const grantees = Object.keys(entryOf(context.live, object));
  const ours = Object.keys(context.access.roles);
  const own =
    context.objects.schemas.includes(schema ?? "") ||
    schema === "v7_archive" ||
    ours.includes(owner);
  const revoked = grantees.filter((grantee) =>
    own ? schema !== undefined || grantee !== owner : ours.includes(grantee),
  );
  const isWhole = own && schema === undefined;
  return {
    how: "plan",
    sql: [
      ...revoked.map((grantee) => `${where} REVOKE ALL ON ${words} FROM ${roleName(grantee)}`),
      ...(isWhole ? [`${where} GRANT ALL ON ${words} TO ${escapeIdentifier(owner)}`] : []),
      ...(isWhole && ALL_OF[kind] !== undefined ? [`${where} ${ALL_OF[kind]}`] : []),
    ],
    phase: PHASES.privilege,
  };
}
