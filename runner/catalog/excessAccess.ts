import { escapeIdentifier, type ClientBase } from "pg";
import { ownValue } from "../base/ownValue";
import { grantStatements } from "../directive/grantStatements";
import { quoteGranted } from "../directive/objectType";
import type { AccessMatrix, DefinedObjects } from "../model";
import { together } from "../postgres/together";
import { expectedAccess, OWNER_LACKS, takeAccessSnapshot } from "./access";
import { keyReader } from "./grantedOn";

/** By group role, its logins. */
type Members = Readonly<Record<string, readonly string[]>>;
type Privileges = Readonly<Record<string, readonly string[]>>;

/**
 * Takes away what the matrix and the settings no longer give: privileges of anybody but the owner on the directive's
 * objects, privileges of the group roles on objects of others that the matrix names, and memberships of the group
 * roles. What PUBLIC may do on objects of others is left as it is. Where a role keeps something on a relation that it loses
 * something on, that is given again in the same transaction: REVOKE on a table takes what is on its columns, too, and a
 * privilege that moves between the two is not away in between.
 *
 * The stack's engine deletes what is gone from the program last of all, when the catalog has been checked already: an
 * approved matrix would be refused for what it has just taken away.
 *
 * @returns a line a revocation, as SQL without REVOKE: `SELECT ON TABLE "public"."t" FROM "r"`
 */
export async function revokeExcess(...asked: Parameters<typeof findExcess>): Promise<string[]> {
  const [client, { grants }] = asked;
  const { privileges, memberships } = await readExcess(...asked);
  const touched = new Set(privileges.map(({ type, on, from }) => `${type} ${on} FROM ${from}`));
  const statements = [
    ...revokeStatements(privileges),
    ...memberships.map((one) => `REVOKE ${one}`),
    ...grantStatements({
      grants: grants.filter(
        (grant) =>
          grant.object !== undefined &&
          touched.has(`${quoteGranted(grant)} FROM ${escapeIdentifier(grant.role)}`),
      ),
    }),
  ];
  await together(statements.map((statement) => client.query(statement)));
  return [...privileges.map(describe), ...memberships];
}

/** What {@link revokeExcess} would take away now. Reads only: a plan says it before anybody signs. */
export async function findExcess(...asked: Parameters<typeof readExcess>): Promise<string[]> {
  const { privileges, memberships } = await readExcess(...asked);
  return [...privileges.map(describe), ...memberships];
}

/** Privileges of one grantee on one object, or on several, that are too much. */
interface Excess {
  /** `GRANT OPTION FOR ` where the privilege itself is wanted, else empty. */
  readonly option: string;
  /** `SELECT ("c")` */
  readonly privilege: string;
  /** `TABLE` */
  readonly type: string;
  /** `"public"."t"` */
  readonly on: string;
  readonly from: string;
}

function describe({ option, privilege, type, on, from }: Excess): string {
  return `${option}${privilege} ON ${type} ${on} FROM ${from} CASCADE`;
}

/** One statement for all privileges and objects where a grantee loses the same: default privileges give alike on each. */
export function revokeStatements(excess: readonly Excess[]): string[] {
  return merge(merge(excess, "privilege"), "on").map((one) => `REVOKE ${describe(one)}`);
}

/** Those that differ in nothing else as one, with a list of what each has there. */
function merge(excess: readonly Excess[], list: "privilege" | "on"): readonly Excess[] {
  const merged = new Map<string, [Excess, string[]]>();
  for (const one of excess) {
    const key = JSON.stringify(Object.values({ ...one, [list]: "" }));
    const [first, words] = merged.get(key) ?? [one, []];
    words.push(one[list]);
    merged.set(key, [first, words]);
  }
  return [...merged.values()].map(([first, words]) => ({ ...first, [list]: words.join(", ") }));
}

async function readExcess(
  client: ClientBase,
  access: AccessMatrix,
  members: Members,
  objects: DefinedObjects,
  owner: string,
): Promise<{ readonly privileges: readonly Excess[]; readonly memberships: readonly string[] }> {
  const [live, memberships] = await together([
    takeAccessSnapshot(client, access, objects, owner),
    excessMemberships(client, access, members, owner),
  ]);
  const expected = expectedAccess(access, objects, members);
  return {
    privileges: excessPrivileges(
      expected as Readonly<Record<string, Privileges>>,
      live as Readonly<Record<string, Privileges>>,
      access,
      objects,
    ),
    memberships,
  };
}

function excessPrivileges(
  expected: Readonly<Record<string, Privileges>>,
  live: Readonly<Record<string, Privileges>>,
  access: AccessMatrix,
  objects: DefinedObjects,
): Excess[] {
  const targetOf = keyReader(access, objects);
  const roles = Object.keys(access.roles);
  return Object.entries(live).flatMap(([key, grantees]) => {
    const target = targetOf(key);
    if (target === undefined) {
      return [];
    }
    return Object.entries(grantees)
      .filter(([grantee]) => (target.isOwn || roles.includes(grantee)) && grantee !== OWNER_LACKS)
      .flatMap(([grantee, privileges]) => {
        const wanted = ownValue(expected[key] ?? {}, grantee) ?? [];
        const from = grantee === "PUBLIC" ? grantee : escapeIdentifier(grantee);
        return privileges
          .filter((privilege) => !wanted.includes(privilege))
          .map((privilege) => {
            const word = privilege.replace("*", "");
            return {
              option: wanted.includes(word) ? "GRANT OPTION FOR " : "",
              privilege: word + target.column,
              type: target.type,
              on: target.on,
              from,
            };
          });
      });
  });
}

/**
 * Members of a group role whom the settings do not name. From PostgreSQL 16 on whoever makes a role administers it, by a
 * membership without SET and INHERIT that the bootstrap superuser grants: that is left.
 */
async function excessMemberships(
  client: ClientBase,
  access: AccessMatrix,
  members: Members,
  owner: string,
): Promise<string[]> {
  const { rows } = await client.query<{ role: string; member: string }>(
    `SELECT DISTINCT pg_get_userbyid(m.roleid) AS role, pg_get_userbyid(m.member) AS member FROM pg_auth_members m
      WHERE pg_get_userbyid(m.roleid) = ANY ($1::text[]) AND pg_get_userbyid(m.member) NOT IN ($2, current_user)
        AND NOT (m.admin_option AND m.grantor = 10
                 AND to_jsonb(m) @> '{"inherit_option": false, "set_option": false}') ORDER BY 1, 2`,
    [Object.keys(access.roles), owner],
  );
  return rows
    .filter(({ role, member }) => ownValue(members, role)?.includes(member) !== true)
    .map(({ role, member }) => `${escapeIdentifier(role)} FROM ${escapeIdentifier(member)}`);
}
