import { escapeIdentifier, type ClientBase } from "pg";
import type { Obstacle } from "../../model";
import type { PlannedRun } from "./plannedRun";

interface Row {
  readonly login: string;
  readonly mayCreate: boolean;
  /** From PostgreSQL 16 on CREATEROLE does not suffice to administer roles that another login made. */
  readonly isAfter15: boolean;
  readonly missing: readonly string[];
  /** Existing group roles that this login may not administer. */
  readonly foreign: readonly string[];
}

/**
 * What this login lacks to make the group roles and to grant them to their logins: CREATEROLE where a role is missing, and
 * from PostgreSQL 16 on the ADMIN option on existing ones.
 * https://www.postgresql.org/docs/16/release-16.html#RELEASE-16-PRIVILEGES
 */
export async function roleObstacles(
  client: ClientBase,
  { access: { roles } }: Pick<PlannedRun, "access">,
): Promise<readonly Obstacle[]> {
  const { rows } = await client.query<Row>(QUERY, [Object.keys(roles)]);
  const row = rows[0];
  if (row === undefined) {
    return [];
  }
  const login = escapeIdentifier(row.login);
  const obstacles: Obstacle[] = [];
  if (row.missing.length > 0 && !row.mayCreate) {
    obstacles.push({
      found: `login "${row.login}", which may not create roles, and no role ${row.missing.map((name) => `"${name}"`).join(", ")}`,
      remedy: `ALTER ROLE ${login} CREATEROLE, as a superuser, or have the roles made and granted to it with the ADMIN option`,
    });
  }
  if (row.foreign.length > 0) {
    const grants = row.foreign.map((name) => escapeIdentifier(name)).join(", ");
    obstacles.push({
      found: `role ${row.foreign.map((name) => `"${name}"`).join(", ")}, which somebody else made and login "${row.login}" may not administer`,
      remedy: row.isAfter15
        ? `GRANT ${grants} TO ${login} WITH ADMIN OPTION, as whoever made ${row.foreign.length === 1 ? "it" : "them"}`
        : `ALTER ROLE ${login} CREATEROLE, as a superuser`,
    });
  }
  return obstacles;
}

const QUERY = `
  SELECT own.rolname AS login, own.rolsuper OR own.rolcreaterole AS "mayCreate",
         current_setting('server_version_num')::int >= 160000 AS "isAfter15",
         coalesce((SELECT jsonb_agg(wanted.name ORDER BY wanted.name) FROM unnest($1::text[]) AS wanted(name)
                    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = wanted.name)), '[]') AS missing,
         coalesce((SELECT jsonb_agg(r.rolname ORDER BY r.rolname) FROM pg_catalog.pg_roles r
                    WHERE r.rolname = ANY ($1::text[]) AND NOT own.rolsuper
                      AND NOT (own.rolcreaterole AND current_setting('server_version_num')::int < 160000)
                      AND NOT pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION')), '[]') AS foreign
    FROM pg_catalog.pg_roles own WHERE own.rolname = current_user`;
