import { escapeIdentifier } from "pg";
import { ownValue } from "../base/ownValue";
import {
  changedNames,
  entryOf,
  manual,
  PHASES,
  quoteQualified,
  splitMember,
  type Entry,
  type Repair,
  type RepairContext,
} from "./context";

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
  /** `TABLE "public"."t"` */
  readonly name: string;
  /** ` ("c")` for a column. */
  readonly columns: string;
}

function privilegeTarget(object: string): PrivilegeTarget {
  const [, word = "", name = ""] = /^privileges (\w+) (.*)$/s.exec(object) ?? [];
  if (word === "column") {
    const [relation, column] = splitMember(name);
    return { name: `TABLE ${quoteQualified(relation)}`, columns: ` (${escapeIdentifier(column)})` };
  }
  const quoted = word === "schema" ? escapeIdentifier(name) : quoteQualified(name);
  return { name: `${word.toUpperCase()} ${quoted}`, columns: "" };
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

const ATTRIBUTES: Readonly<Record<string, string>> = {
  login: "LOGIN",
  superuser: "SUPERUSER",
  createRole: "CREATEROLE",
  createDatabase: "CREATEDB",
  inherit: "INHERIT",
  replication: "REPLICATION",
  bypassRowSecurity: "BYPASSRLS",
};

/** One of our roles or logins: its attributes, settings and memberships. */
export function repairRole(context: RepairContext, object: string, kind: string): Repair {
  const name = object.replace(/^(role|login) /, "");
  const role = escapeIdentifier(name);
  const expected = entryOf(context.expected, object);
  if (kind === "missing") {
    return object.startsWith("login ")
      ? manual([], "run pulumi up, which knows the login's verifier")
      : {
          how: "plan",
          sql: [
            `CREATE ROLE ${role} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE INHERIT NOREPLICATION NOBYPASSRLS`,
          ],
          note: "pulumi refresh and pulumi up make it and its grants again; after this statement its grants are still missing",
          phase: PHASES.role,
        };
  }
  const actual = entryOf(context.live, object);
  const changed = changedNames(expected, actual);
  const words = changed
    .filter((property) => property in ATTRIBUTES)
    .map((property) => `${expected[property] === true ? "" : "NO"}${ATTRIBUTES[property] ?? ""}`);
  return {
    how: "plan",
    sql: [
      ...(words.length === 0 ? [] : [`ALTER ROLE ${role} ${words.join(" ")}`]),
      ...(changed.includes("connectionLimit") ? [`ALTER ROLE ${role} CONNECTION LIMIT -1`] : []),
      ...(changed.includes("validUntil") ? [`ALTER ROLE ${role} VALID UNTIL 'infinity'`] : []),
      ...resets(role, actual),
      ...memberships(
        context,
        changed.includes("members"),
        expected["members"],
        actual["members"],
        (member) => [name, member],
      ),
      ...memberships(
        context,
        changed.includes("memberOf"),
        expected["memberOf"],
        actual["memberOf"],
        (group) => [group, name],
      ),
    ],
    ...roleNote(words.length > 0, changed),
    phase: PHASES.role,
  };
}

function roleNote(hasAttributes: boolean, changed: readonly string[]): { note?: string } {
  if (hasAttributes) {
    return { note: "an attribute that only a superuser may change needs one" };
  }
  return changed.includes("members") || changed.includes("memberOf")
    ? { note: "who granted a membership, or a superuser, takes it back" }
    : {};
}

/** A setting is `search_path=x`, or `database: search_path=x` where it holds in one database alone. */
function resets(role: string, { settings }: Entry): string[] {
  return ((settings as readonly string[] | undefined) ?? []).map((setting) => {
    const [, database, name = ""] = /^(?:(.*): )?([\w.]+)=/s.exec(setting) ?? [];
    const where = database === undefined ? "" : ` IN DATABASE ${escapeIdentifier(database)}`;
    return `ALTER ROLE ${role}${where} RESET ${name.split(".").map(escapeIdentifier).join(".")}`;
  });
}

/** A membership that differs in an option is taken away and given anew: the option then has its default. */
function memberships(
  context: RepairContext,
  isChanged: boolean,
  expected: unknown,
  actual: unknown,
  pair: (other: string) => readonly [group: string, member: string],
): string[] {
  const [wanted, found] = [expected, actual].map(
    (list) => (list as readonly string[] | undefined) ?? [],
  ) as [readonly string[], readonly string[]];
  const bare = (entry: string): string =>
    entry.replace(/( without (INHERIT|SET))+$/, "").replace(/\*$/, "");
  const revoke = (entry: string): string[] => {
    const [group, member] = pair(bare(entry));
    const cascade = entry.includes("*") ? " CASCADE" : "";
    const statement = `REVOKE ${escapeIdentifier(group)} FROM ${escapeIdentifier(member)}`;
    const grants = context.memberships.filter(
      (one) => one.group === group && one.member === member && one.isNamed,
    );
    return grants.length === 0
      ? [`${statement}${cascade}`]
      : grants.map(
          ({ grantor }) => `${statement} GRANTED BY ${escapeIdentifier(grantor)}${cascade}`,
        );
  };
  const grant = (entry: string): string => {
    const [group, member] = pair(bare(entry));
    return `GRANT ${escapeIdentifier(group)} TO ${escapeIdentifier(member)}`;
  };
  return isChanged
    ? [
        ...found.filter((one) => !wanted.includes(one)).flatMap(revoke),
        ...wanted.filter((one) => !found.includes(one)).map(grant),
      ]
    : [];
}
