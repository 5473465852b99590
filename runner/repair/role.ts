import { escapeIdentifier } from "pg";
import { changedNames } from "../catalog/compare";
import { entryOf, manual, PHASES, type Repair, type RepairContext } from "./context";

const ATTRIBUTES: Readonly<Record<string, string>> = {
  login: "LOGIN",
  superuser: "SUPERUSER",
  createRole: "CREATEROLE",
  createDatabase: "CREATEDB",
  inherit: "INHERIT",
  replication: "REPLICATION",
  bypassRowSecurity: "BYPASSRLS",
};

/** Repairs one of our roles or logins: its attributes, settings and memberships. */
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
      ...memberships(context, expected["members"], actual["members"], (member) => [name, member]),
      ...memberships(context, expected["memberOf"], actual["memberOf"], (group) => [group, name]),
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

/** The statements that reset settings: `search_path=x`, or `database: search_path=x` for a setting in one database. */
function resets(role: string, { settings }: ReturnType<typeof entryOf>): string[] {
  return ((settings as readonly string[] | undefined) ?? []).map((setting) => {
    const [, database, name = ""] = /^(?:(.*): )?([\w.]+)=/s.exec(setting) ?? [];
    const where = database === undefined ? "" : ` IN DATABASE ${escapeIdentifier(database)}`;
    return `ALTER ROLE ${role}${where} RESET ${name.split(".").map(escapeIdentifier).join(".")}`;
  });
}

/** A membership that differs in an option is revoked and granted again, which gives the option its default. */
function memberships(
  context: RepairContext,
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
  return [
    ...found.filter((one) => !wanted.includes(one)).flatMap(revoke),
    ...wanted.filter((one) => !found.includes(one)).map(grant),
  ];
}
