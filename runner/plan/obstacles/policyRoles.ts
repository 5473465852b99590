import type { ClientBase } from "pg";
import { isList } from "../../catalog/propertyValue";
import type { Obstacle, Step } from "../../model";

/** The roles that the policies of these steps name, sorted. */
export function policyRoles(steps: readonly Step[]): string[] {
  const names = steps.flatMap(({ statements }) =>
    statements.flatMap(({ locked }) =>
      (locked?.added ?? [])
        .filter(({ id }) => id.kind === "policy")
        .flatMap(({ properties: { roles = null } }) => (isList(roles) ? roles : []))
        // PUBLIC is no role, and CURRENT_USER was the login that it was locked as.
        .filter((role) => locked?.roles.includes(role)),
    ),
  );
  return [...new Set(names)].sort();
}

/**
 * The roles that pending policies name and that are not there: CREATE POLICY would fail on the first of them. Asked
 * when steps are about to run, not when they are planned: the stack makes its roles between the two.
 */
export async function policyRoleObstacles(
  client: ClientBase,
  pending: readonly Step[],
): Promise<Obstacle[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT name FROM unnest($1::text[]) AS name
      WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) ORDER BY name`,
    [policyRoles(pending)],
  );
  const names = rows.map(({ name }) => `"${name}"`).join(", ");
  return rows.length === 0
    ? []
    : [
        {
          found: `no role ${names}, which policies name`,
          remedy: "Let pulumi up make the roles first: run it without --target",
        },
      ];
}
