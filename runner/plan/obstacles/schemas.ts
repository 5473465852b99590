import { escapeIdentifier, type ClientBase } from "pg";
import type { Obstacle } from "../../model";
import type { PlannedRun } from "./plannedRun";

interface Row {
  /** Null for the database itself. */
  readonly schema: string | null;
  readonly isThere: boolean;
  readonly mayCreate: boolean;
  readonly login: string;
  readonly database: string;
}

/**
 * Missing schemas of others, by the names before the steps that rename them, those in which this login may not create, and the
 * database where it may not create schemas.
 */
export async function schemaObstacles(
  client: ClientBase,
  { objects }: Pick<PlannedRun, "objects">,
): Promise<readonly Obstacle[]> {
  const renamed = objects.change.renamed.flatMap(({ to }) =>
    to.kind === "schema" ? [to.name] : [],
  );
  const own = [...objects.schemas, ...renamed];
  const schemas = [...objects.tables, ...objects.views]
    .map(({ schema }) => schema)
    .filter((schema) => !own.includes(schema));
  const { rows } = await client.query<Row>(QUERY, [
    [...new Set(schemas)],
    objects.schemas.length > 0,
  ]);
  return rows.map(({ schema, isThere, login, database }) => {
    if (schema === null) {
      return {
        found: `login "${login}", which may not create a schema in database "${database}"`,
        remedy: `GRANT CREATE ON DATABASE ${escapeIdentifier(database)} TO ${escapeIdentifier(login)}`,
      };
    }
    return isThere
      ? {
          found: `login "${login}", which may not create in schema "${schema}"`,
          remedy: `GRANT CREATE ON SCHEMA ${escapeIdentifier(schema)} TO ${escapeIdentifier(login)}`,
        }
      : { found: `no schema "${schema}"`, remedy: `CREATE SCHEMA ${escapeIdentifier(schema)}` };
  });
}

const QUERY = `
  SELECT found.*, current_user AS login, current_database() AS database FROM (
    SELECT wanted.schema, n.oid IS NOT NULL AS "isThere", coalesce(has_schema_privilege(n.oid, 'CREATE'), false) AS "mayCreate"
      FROM unnest($1::text[]) AS wanted(schema) LEFT JOIN pg_namespace n ON n.nspname = wanted.schema
    UNION ALL
    SELECT NULL, true, has_database_privilege(current_database(), 'CREATE') WHERE $2
  ) found WHERE NOT "mayCreate"`;
