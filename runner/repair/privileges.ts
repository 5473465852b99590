import { escapeIdentifier } from "pg";
import { ownValue } from "../base/ownValue";
import { OWNER_LACKS } from "../catalog/access";
import { ARCHIVE_SCHEMA } from "../catalog/archive";
import { definedObjects } from "../catalog/definedObjects";
import { keyReader, type GrantedOn } from "../catalog/grantedOn";
import { entryOf, PHASES, type Repair, type RepairContext } from "./context";

type Grantees = Readonly<Record<string, readonly string[]>>;

/** One grantee's privileges on an object. `SELECT*` is SELECT with grant option. */
interface Change {
  readonly grantee: string;
  readonly expected: readonly string[];
  readonly actual: readonly string[];
}

/** Repairs privileges on one object: revokes what is too much, and grants what is missing. */
export function repairPrivileges(context: RepairContext, object: string): Repair {
  const on = keyReader(context.access, definedObjects(context.steps))(object);
  if (on === undefined) {
    throw new Error(`"${object}" names nothing that is granted on`);
  }
  const expected = entryOf(context.expected, object) as Grantees;
  const actual = entryOf(context.live, object) as Grantees;
  const changes = [...new Set([...Object.keys(expected), ...Object.keys(actual)])].map(
    (grantee) => ({
      grantee,
      expected: ownValue(expected, grantee) ?? [],
      actual: ownValue(actual, grantee) ?? [],
    }),
  );
  const revokes = changes.flatMap((one) => revoke(context, on, one));
  const grants = changes.flatMap((one) => grant(on, one));
  return {
    how: revokes.length === 0 ? "additive" : "plan",
    sql: [...revokes, ...grants],
    phase: PHASES.privilege,
  };
}

/**
 * Repairs privileges on the archives. The finding lists the deviations by role, `no SELECT on v7_archive.x`, as
 * {@link archiveDeviations} writes them; the server has quoted roles and objects in them.
 */
export function repairArchives(context: RepairContext, object: string): Repair {
  const sql = Object.entries(entryOf(context.live, object) as Grantees).flatMap(([role, texts]) =>
    texts.map((text) => {
      const [, missing, privilege = "", star, name = ""] =
        /^(no )?([A-Z]+)(\*)? on (.*)$/s.exec(text) ?? [];
      const on = `${privilege} ON ${name === ARCHIVE_SCHEMA ? "SCHEMA" : "TABLE"} ${name}`;
      return missing === undefined
        ? `REVOKE ${on} FROM ${role}${star === undefined ? "" : " CASCADE"}`
        : `GRANT ${on} TO ${role}`;
    }),
  );
  const [revokes, grants] = ["REVOKE ", "GRANT "].map((word) =>
    sql.filter((one) => one.startsWith(word)),
  ) as [string[], string[]];
  return {
    how: revokes.length === 0 ? "additive" : "plan",
    sql: [...new Set([...revokes, ...grants])],
    phase: PHASES.privilege,
  };
}

function roleName(grantee: string): string {
  return grantee === "PUBLIC" ? "PUBLIC" : escapeIdentifier(grantee);
}

function withoutStar(word: string): string {
  return word.replace("*", "");
}

/** `SELECT, UPDATE ("c") ON TABLE "public"."t"`, on a column with its name after each word. */
function privilegesOn({ type, on, column }: GrantedOn, words: readonly string[]): string {
  return `${words.map((word) => withoutStar(word) + column).join(", ")} ON ${type} ${on}`;
}

/** Only privileges with grant option are revoked by CASCADE: their holder may have granted them to others. */
function revoke(
  { owner }: RepairContext,
  on: GrantedOn,
  { grantee, expected, actual }: Change,
): string[] {
  if (grantee === OWNER_LACKS) {
    return actual.length === 0
      ? []
      : [`GRANT ${privilegesOn(on, actual)} TO ${escapeIdentifier(owner)}`];
  }
  const extra = actual.filter(
    (word) => !expected.some((one) => withoutStar(one) === withoutStar(word)),
  );
  const grantable = actual.filter(
    (word) => word.endsWith("*") && expected.includes(withoutStar(word)),
  );
  const cascade = extra.some((word) => word.endsWith("*")) ? " CASCADE" : "";
  const from = `FROM ${roleName(grantee)}`;
  return [
    ...(extra.length === 0 ? [] : [`REVOKE ${privilegesOn(on, extra)} ${from}${cascade}`]),
    ...(grantable.length === 0
      ? []
      : [`REVOKE GRANT OPTION FOR ${privilegesOn(on, grantable)} ${from} CASCADE`]),
  ];
}

function grant(on: GrantedOn, { grantee, expected, actual }: Change): string[] {
  const missing = expected.filter((word) => !actual.includes(word) && !actual.includes(`${word}*`));
  return missing.length === 0 ? [] : [`GRANT ${privilegesOn(on, missing)} TO ${roleName(grantee)}`];
}

/** What PostgreSQL grants to PUBLIC by default. */
const ALL_OF: Readonly<Record<string, string>> = {
  functions: "GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
  types: "GRANT USAGE ON TYPES TO PUBLIC",
};

/** Repairs default privileges in our schemas, or of or for our roles: sets them back to PostgreSQL's own. */
export function repairDefaultPrivileges(context: RepairContext, object: string): Repair {
  const [, owner = "", schema, kind = ""] =
    /^default privileges of (.*?)(?: in schema (.*?))? on ([a-z ]+)$/s.exec(object) ?? [];
  const where = `ALTER DEFAULT PRIVILEGES FOR ROLE ${escapeIdentifier(owner)}${schema === undefined ? "" : ` IN SCHEMA ${escapeIdentifier(schema)}`}`;
  const words = kind.toUpperCase();
  const grantees = Object.keys(entryOf(context.live, object));
  const ours = Object.keys(context.access.roles);
  const own =
    context.objects.schemas.includes(schema ?? "") ||
    schema === ARCHIVE_SCHEMA ||
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
