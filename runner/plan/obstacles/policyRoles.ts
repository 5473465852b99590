import type { ClientBase } from "pg";
import { when } from "../../base/when";
import { isList } from "../../catalog/propertyValue";
import { isGrantedByRun } from "../../directive/objectType";
import type { AccessMatrix, Obstacle, Step } from "../../model";

/** The roles that the policies of these steps name, sorted. */
export function policyRoles(steps: readonly Step[]): string[] {
  const names = steps.flatMap(({ statements }) =>
    statements.flatMap(({ locked }) =>
      (locked?.added ?? [])
        .filter(({ id }) => id.kind === "policy")
        .flatMap(({ properties: { roles = null } }) => (isList(roles) ? roles : []))
        // Without PUBLIC, which is no role, and without CURRENT_USER, which the lock records as the login that locked.
        .filter((role) => locked?.roles.includes(role)),
    ),
  );
  return [...new Set(names)].sort();
}

/**
 * The missing roles that pending policies name or that the run grants to: the run would fail on the first of them. To be
 * called when the steps are about to run, not when they are planned: the stack makes its roles between the two.
 */
export async function policyRoleObstacles(
  client: ClientBase,
  pending: readonly Step[],
  { grants }: Pick<AccessMatrix, "grants">,
): Promise<readonly Obstacle[]> {
  const granted = grants.filter(isGrantedByRun).map(({ role }) => role);
  const { rows } = await client.query<{ name: string }>(
    `SELECT name FROM unnest($1::text[]) AS name
      WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) ORDER BY name`,
    [[...new Set([...policyRoles(pending), ...granted])]],
  );
  const names = rows.map(({ name }) => `"${name}"`).join(", ");
  return when(rows.length > 0, {
    found: `no role ${names}, which policies or access.yaml name`,
    remedy: "Let pulumi up make the roles first: run it without --target",
  });
}
