import { escapeIdentifier, type ClientBase } from "pg";
import type { Obstacle } from "../../model";
import type { PlannedRun } from "./plannedRun";

/**
 * Schemas of others on which the access matrix grants and this login may not. PostgreSQL would only warn, and the run would
 * end in drift with its approval used. On the directives' own schemas the login may grant, as it makes them.
 */
export async function grantObstacles(
  client: ClientBase,
  { access: { grants }, ownSchemas }: Pick<PlannedRun, "access" | "ownSchemas">,
): Promise<readonly Obstacle[]> {
  const schemas = grants
    .filter(({ objectType, schema }) => objectType === "schema" && !ownSchemas.includes(schema))
    .map(({ schema }) => schema);
  const { rows } = await client.query<{ schema: string; login: string }>(
    `SELECT n.nspname AS schema, current_user::text AS login FROM pg_catalog.pg_namespace n
      WHERE n.nspname = ANY ($1::text[]) AND NOT has_schema_privilege(n.oid, 'USAGE WITH GRANT OPTION') ORDER BY 1`,
    [[...new Set(schemas)]],
  );
  return rows.map(({ schema, login }) => ({
    found: `schema "${schema}", on which login "${login}" may not grant USAGE to the group roles`,
    remedy: `GRANT USAGE ON SCHEMA ${escapeIdentifier(schema)} TO ${escapeIdentifier(login)} WITH GRANT OPTION, as its owner`,
  }));
}
