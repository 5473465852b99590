import { escapeIdentifier } from "pg";
import { ownValue } from "../base/ownValue";
import { quoteGranted, type ObjectType } from "../directive/objectType";
import { entryOf, PHASES, type Repair, type RepairContext } from "./context";

type Grantees = Readonly<Record<string, readonly string[]>>;

/** Privileges on one object: what is too much is revoked, what is missing granted. */
export function repairPrivileges(context: RepairContext, object: string): Repair {
  const on = privilegeTarget(object);
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

interface PrivilegeTarget {
  /** `TABLE "public"."t"`, `ROUTINE "public".total(integer)` */
  readonly name: string;
  /** ` ("c")` for a column. */
  readonly columns: string;
}

function privilegeTarget(key: string): PrivilegeTarget {
  const [, word = "", name = ""] = /^privileges (\w+) (.*)$/s.exec(key) ?? [];
  if (word === "schema") {
    return { name: quoteGranted({ objectType: word, schema: name }), columns: "" };
  }
  // A schema of ours has no dot in its name, nor has a relation of ours.
  const [, schema = "", object = "", column] =
    (word === "column" ? /^([^.]+)\.([^.]+)\.(.*)$/s : /^([^.]+)\.(.*)$/s).exec(name) ?? [];
  return {
    name: quoteGranted({ objectType: word as ObjectType, schema, object }),
    columns: column === undefined ? "" : ` (${escapeIdentifier(column)})`,
  };
}

function roleName(grantee: string): string {
  return grantee === "PUBLIC" ? "PUBLIC" : escapeIdentifier(grantee);
}

/** Whoever may grant on may have done so: what was granted on goes with it, by CASCADE; nothing else does. */
function revoke(
  context: RepairContext,
  { name, columns }: PrivilegeTarget,
  grantee: string,
  expected: readonly string[],
  actual: readonly string[],
): string[] {
  if (grantee === "<owner> lacks") {
    const words = actual.map((word) => `${word}${columns}`).join(", ");
    return actual.length === 0
      ? []
      : [`GRANT ${words} ON ${name} TO ${escapeIdentifier(context.owner)}`];
  }
  const bare = (word: string): string => word.replace("*", "");
  const list = (words: readonly string[]): string =>
    words.map((word) => `${bare(word)}${columns}`).join(", ");
  const extra = actual.filter((word) => !expected.some((one) => bare(one) === bare(word)));
  const grantable = actual.filter((word) => word.endsWith("*") && expected.includes(bare(word)));
  const cascade = extra.some((word) => word.endsWith("*")) ? " CASCADE" : "";
  return [
    ...(extra.length === 0
      ? []
      : [`REVOKE ${list(extra)} ON ${name} FROM ${roleName(grantee)}${cascade}`]),
    ...(grantable.length === 0
      ? []
      : [
          `REVOKE GRANT OPTION FOR ${list(grantable)} ON ${name} FROM ${roleName(grantee)} CASCADE`,
        ]),
  ];
}

function grant(
  { name, columns }: PrivilegeTarget,
  grantee: string,
  expected: readonly string[],
  actual: readonly string[],
): string[] {
  const missing = expected.filter((word) => !actual.includes(word) && !actual.includes(`${word}*`));
  const words = missing.map((word) => `${word}${columns}`).join(", ");
  return missing.length === 0 ? [] : [`GRANT ${words} ON ${name} TO ${roleName(grantee)}`];
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
