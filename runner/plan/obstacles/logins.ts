import type { ClientBase } from "pg";
import type { Obstacle } from "../../model";
import type { PlannedRun } from "./plannedRun";

interface Row {
  readonly name: string;
  readonly role: string;
  readonly reserved: boolean;
  readonly runs: boolean;
  readonly owns: boolean;
  readonly superuser: boolean;
  readonly mayLogIn: boolean;
  readonly isMember: boolean;
}

/**
 * Logins of `v7:logins` that exist and were not made by this stack: a group role must not be granted to somebody else's
 * role. A login that the stack has made is a member of one of the group roles.
 */
export async function loginObstacles(
  client: ClientBase,
  { access: { roles }, members, owner }: Pick<PlannedRun, "access" | "members" | "owner">,
): Promise<readonly Obstacle[]> {
  const wanted = Object.entries(members).flatMap(([role, names]) =>
    names.map((name) => ({ role, name })),
  );
  const { rows } = await client.query<Row>(QUERY, [
    wanted.map(({ name }) => name),
    wanted.map(({ role }) => role),
    Object.keys(roles),
    owner,
  ]);
  return rows.flatMap((row) => {
    const reason = whyNotOurs(row);
    return reason === undefined
      ? []
      : [
          {
            found: `login "${row.name}" of v7:logins for "${row.role}", ${reason}`,
            remedy: "Name a login of its own in v7:logins; the stack makes it",
          },
        ];
  });
}

function whyNotOurs(row: Row): string | undefined {
  if (row.reserved) {
    return "a name that PostgreSQL keeps for itself";
  }
  if (row.runs || row.owns) {
    return row.runs ? "which is the login that runs this" : "which owns the directives' objects";
  }
  if (row.superuser) {
    return "which is a superuser";
  }
  if (!row.mayLogIn) {
    return "which is there already and may not log in";
  }
  return row.isMember ? undefined : "which is there already and is not this stack's";
}

const QUERY = `
  SELECT wanted.name, wanted.role,
         wanted.name ~ '^pg_' OR wanted.name IN ('public', 'none') AS reserved,
         wanted.name = current_user AS runs, wanted.name = $4 AS owns,
         coalesce(r.rolsuper, false) AS superuser, coalesce(r.rolcanlogin, true) AS "mayLogIn",
         r.oid IS NULL OR EXISTS (
           SELECT FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
            WHERE m.member = r.oid AND g.rolname = ANY ($3::text[])) AS "isMember"
    FROM unnest($1::text[], $2::text[]) AS wanted(name, role)
    LEFT JOIN pg_catalog.pg_roles r ON r.rolname = wanted.name
   ORDER BY 1, 2`;
