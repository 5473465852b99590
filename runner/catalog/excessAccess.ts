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
 * Revokes what the matrix and the settings no longer grant: privileges of anybody but the owner on the directive's objects,
 * privileges of the group roles on objects of others that the matrix names, and memberships in the group roles. Privileges
 * of PUBLIC on objects of others are left as they are. Where a role keeps some privileges on an object, they are granted
 * again in the same transaction: REVOKE on a table also revokes privileges on its columns.
 *
 * The run does this itself because Pulumi deletes resources last of all, after the check of the catalog, which would find
 * the privileges still there.
 *
 * @returns a line for each revocation, as SQL without REVOKE: `SELECT ON TABLE "public"."t" FROM "r"`
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

/** What {@link revokeExcess} would revoke now. Reads only: a plan shows it before anybody signs. */
export async function findExcess(...asked: Parameters<typeof readExcess>): Promise<string[]> {
  const { privileges, memberships } = await readExcess(...asked);
  return [...privileges.map(describe), ...memberships];
}

/** Privileges to revoke from one grantee, on one object or several. */
interface Excess {
  /** `GRANT OPTION FOR ` where only the grant option is too much, else empty. */
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

/** REVOKE statements; one for several objects on which a grantee loses the same privileges, as after default privileges. */
export function revokeStatements(excess: readonly Excess[]): string[] {
  return merge(merge(excess, "privilege"), "on").map((one) => `REVOKE ${describe(one)}`);
}

/** Merges the items that differ in that one field only; the merged field is their list. */
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
 * Members of the group roles that the settings do not name. From PostgreSQL 16 on the creator of a role gets a membership
 * with ADMIN, and without SET and INHERIT, from the bootstrap superuser: that one is left.
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
