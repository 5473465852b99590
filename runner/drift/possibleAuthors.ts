import type { ClientBase } from "pg";
import { privilegeParameters, type PrivilegeRow } from "../catalog/access";
import { PRIVILEGES } from "../catalog/accessQueries";
import type { Difference } from "../catalog/compare";
import { rootOf } from "../catalog/kinds/objectId";
import type { AccessMatrix } from "../model";
import { formatName, splitNames } from "../postgres/names";
import type { MembershipGrant } from "../repair/context";
import type { Verification } from "./verify";

/** Who can have caused a difference. The server does not record who did, but it knows who has the power to. */
export interface PossibleAuthors {
  /** A line each: `the owner postgres`, `members of postgres: alice`, `superusers: supabase_admin`. */
  of(difference: Difference): readonly string[];
}

interface Owner {
  readonly relation: string;
  readonly owner: string;
}

/** Reads owners, their members, grantors and superusers. */
export async function findPossibleAuthors(
  client: ClientBase,
  access: AccessMatrix,
  { objects, owner }: Pick<Verification, "objects" | "owner">,
  memberships: readonly MembershipGrant[],
): Promise<PossibleAuthors> {
  const { rows: grants } = await client.query<PrivilegeRow>(
    PRIVILEGES,
    privilegeParameters(access, objects, owner),
  );
  const relations = [
    ...objects.tables,
    ...objects.views,
    ...objects.columns.map(({ table }) => table),
  ];
  const { rows: owners } = await client.query<Owner>(
    `SELECT DISTINCT n.nspname || '.' || c.relname AS relation, pg_get_userbyid(c.relowner) AS owner
       FROM unnest($1::name[], $2::name[]) AS named(schema, name)
       JOIN pg_namespace n ON n.nspname = named.schema
       JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = named.name`,
    [...splitNames(relations)],
  );
  const { rows: superusers } = await client.query<{ name: string }>(
    "SELECT rolname AS name FROM pg_roles WHERE rolsuper ORDER BY 1",
  );
  const names = [...new Set([owner, ...owners.map((one) => one.owner)])];
  const members = await membersOf(client, [...names, ...Object.keys(access.roles)]);
  const powerful = `superusers: ${superusers.map(({ name }) => name).join(", ")}`;
  const ownerLines = (name: string): string[] => [
    `the owner ${name}`,
    ...(members.get(name) === undefined
      ? []
      : [`members of ${name}: ${(members.get(name) ?? []).join(", ")}`]),
  ];
  return {
    of: ({ object, details, id }) => {
      const isOn = (relation: string): boolean =>
        id === undefined
          ? object === `privileges table ${relation}` ||
            object.startsWith(`privileges column ${relation}.`)
          : [id, rootOf(id)].some(
              ({ schema = "", name }) => formatName({ schema, name }) === relation,
            );
      const found = owners.find(({ relation }) => isOn(relation))?.owner ?? owner;
      if (object.startsWith("privileges ") || object.startsWith("default ")) {
        const grantors = [
          ...new Set(
            grants
              .filter(
                ({ key, grantee }) =>
                  key === object &&
                  (details.length === 0 || details.some((line) => line.startsWith(`${grantee}: `))),
              )
              .map(({ grantor }) => grantor),
          ),
        ];
        return [...grantors.map((name) => `granted by ${name}`), ...ownerLines(found), powerful];
      }
      const role = /^(?:role|login) (.*)$/.exec(object)?.[1];
      if (role === undefined) {
        return [...ownerLines(found), powerful];
      }
      const given = memberships.filter(({ group, member }) => group === role || member === role);
      return [
        ...given.map(({ group, member, grantor }) => `${group} granted to ${member} by ${grantor}`),
        ...(members.get(`${role}*`) ?? []).map((name) => `${name}, who has ADMIN on ${role}`),
        powerful,
      ];
    },
  };
}

/** By role, its direct and indirect members; under `role*` the members with the ADMIN option. */
async function membersOf(
  client: ClientBase,
  roles: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await client.query<{ role: string; members: readonly string[] }>(
    `WITH RECURSIVE chain (role, member) AS (
       SELECT m.roleid, m.member FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid
        WHERE r.rolname = ANY ($1::text[])
       UNION
       SELECT c.role, m.member FROM chain c JOIN pg_auth_members m ON m.roleid = c.member
     )
     SELECT pg_get_userbyid(role) AS role, array_agg(DISTINCT pg_get_userbyid(member)::text) AS members
       FROM chain GROUP BY role
     UNION ALL
     SELECT pg_get_userbyid(roleid) || '*', array_agg(DISTINCT pg_get_userbyid(member)::text)
       FROM pg_auth_members WHERE admin_option AND pg_get_userbyid(roleid) = ANY ($1::text[]) GROUP BY roleid`,
    [roles],
  );
  return new Map(rows.map(({ role, members }) => [role, members]));
}
