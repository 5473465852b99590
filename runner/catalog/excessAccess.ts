import { escapeIdentifier, type ClientBase } from "pg";
import { ownValue } from "../base/ownValue";
import { grantStatements } from "../directive/grantStatements";
import type { AccessMatrix, DefinedObjects, QualifiedName } from "../model";
import { formatName, quote } from "../postgres/names";
import { together } from "../postgres/together";
import { expectedAccess, OWNER_LACKS, takeAccessSnapshot } from "./access";

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
  const revoked = await findExcess(...asked);
  const touched = grants.filter(
    ({ schema, object, role }) =>
      object !== undefined &&
      revoked.some((one) =>
        one.includes(`ON TABLE ${quote({ schema, name: object })} FROM ${escapeIdentifier(role)} `),
      ),
  );
  const statements = [
    ...revoked.map((one) => `REVOKE ${one}`),
    ...grantStatements({ grants: touched }),
  ];
  await together(statements.map((statement) => client.query(statement)));
  return revoked;
}

/** What {@link revokeExcess} would take away now. Reads only: a plan says it before anybody signs. */
export async function findExcess(
  client: ClientBase,
  access: AccessMatrix,
  members: Members,
  objects: DefinedObjects,
  owner: string,
): Promise<string[]> {
  const [live, memberships] = await together([
    takeAccessSnapshot(client, access, objects, owner),
    excessMemberships(client, access, members, owner),
  ]);
  const expected = expectedAccess(access, objects, members);
  return [
    ...excessPrivileges(
      expected as Readonly<Record<string, Privileges>>,
      live as Readonly<Record<string, Privileges>>,
      access,
      objects,
    ),
    ...memberships,
  ];
}

function excessPrivileges(
  expected: Readonly<Record<string, Privileges>>,
  live: Readonly<Record<string, Privileges>>,
  access: AccessMatrix,
  objects: DefinedObjects,
): string[] {
  const own = [...objects.tables, ...objects.views];
  const altered = access.grants.flatMap(({ schema, object }) =>
    object === undefined ? [] : [{ schema, name: object }],
  );
  const roles = Object.keys(access.roles);
  return Object.entries(live).flatMap(([key, grantees]) => {
    const target = targetOf(key, [...own, ...altered]);
    if (target === undefined) {
      return [];
    }
    const isOwn =
      target.table === undefined
        ? objects.schemas.includes(target.schema)
        : own.some((one) => formatName(one) === target.table);
    return Object.entries(grantees)
      .filter(([grantee]) => (isOwn || roles.includes(grantee)) && grantee !== OWNER_LACKS)
      .flatMap(([grantee, privileges]) => {
        const wanted = ownValue(expected[key] ?? {}, grantee) ?? [];
        const from = grantee === "PUBLIC" ? grantee : escapeIdentifier(grantee);
        return privileges
          .filter((privilege) => !wanted.includes(privilege))
          .map((privilege) => `${target.write(privilege, wanted)} FROM ${from} CASCADE`);
      });
  });
}

interface GrantedOn {
  readonly schema: string;
  /** `public.t`; absent for a schema. */
  readonly table?: string;
  /** `GRANT OPTION FOR SELECT ("c") ON TABLE "public"."t"` for `SELECT*` where SELECT is wanted. */
  write(privilege: string, wanted: readonly string[]): string;
}

/** What a key of the access snapshot is about; undefined for one that is not about privileges on a schema or a relation. */
function targetOf(key: string, relations: readonly QualifiedName[]): GrantedOn | undefined {
  const [, kind = "", name = ""] = /^privileges (schema|table|column) (.*)$/s.exec(key) ?? [];
  if (kind === "schema") {
    return { schema: name, write: writer("", `SCHEMA ${escapeIdentifier(name)}`) };
  }
  const relation = relations.find(
    (one) =>
      formatName(one) === name || (kind === "column" && name.startsWith(`${formatName(one)}.`)),
  );
  if (kind === "" || relation === undefined) {
    return undefined;
  }
  const table = formatName(relation);
  const column = kind === "column" ? ` (${escapeIdentifier(name.slice(table.length + 1))})` : "";
  return { schema: relation.schema, table, write: writer(column, `TABLE ${quote(relation)}`) };
}

function writer(column: string, on: string): GrantedOn["write"] {
  return (privilege, wanted) => {
    const word = privilege.replace("*", "");
    const option = wanted.includes(word) ? "GRANT OPTION FOR " : "";
    return `${option}${word}${column} ON ${on}`;
  };
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
