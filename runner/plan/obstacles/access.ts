import { escapeIdentifier, type ClientBase } from "pg";

import type { Obstacle, QualifiedName } from "../../model";
import { formatName, quote } from "../../postgres/names";
import type { PlannedRun } from "./plannedRun";

/**
 * Privileges of PUBLIC that would undermine the access matrix: CREATE in a schema of our objects, and writing to a table that
 * the directives alter.
 *
 * Whoever may create in `public` can put a function there, such as `upper(varchar)`, which statements of other roles then
 * call with those roles' rights. Everybody had this privilege until PostgreSQL 14, and still has it in databases that were
 * upgraded. https://www.postgresql.org/docs/17/ddl-schemas.html#DDL-SCHEMAS-PATTERNS
 */
export async function accessObstacles(
  client: ClientBase,
  { objects }: Pick<PlannedRun, "objects">,
): Promise<Obstacle[]> {
  const schemas = [...objects.tables, ...objects.views]
    .map(({ schema }) => schema)
    .filter((schema) => !objects.schemas.includes(schema));
  const altered = objects.columns.map(({ table }) => table);
  const { rows } = await client.query<{ schema: string; table: string | null; words: string }>(
    PUBLIC_MAY_WRITE,
    [schemas, altered.map(formatName)],
  );
  return rows.map(({ schema, table, words }) =>
    table === null ? openSchema(schema) : openTable({ schema, name: table }, words),
  );
}

function openSchema(schema: string): Obstacle {
  return {
    found: `schema "${schema}", in which PUBLIC may create: a function put there runs with the rights of whoever calls it`,
    remedy: `REVOKE CREATE ON SCHEMA ${escapeIdentifier(schema)} FROM PUBLIC`,
  };
}

function openTable(table: QualifiedName, words: string): Obstacle {
  return {
    found: `table "${formatName(table)}", on which PUBLIC has ${words}`,
    remedy: `REVOKE ${words} ON TABLE ${quote(table)} FROM PUBLIC`,
  };
}

const PUBLIC_MAY_WRITE = `
  SELECT n.nspname AS schema, NULL AS table, string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type) AS words
    FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) a
   WHERE n.nspname = ANY ($1::text[]) AND a.grantee = 0 AND a.privilege_type = 'CREATE' GROUP BY n.nspname
  UNION ALL
  SELECT n.nspname, c.relname, string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL aclexplode(c.relacl) a
   WHERE n.nspname || '.' || c.relname = ANY ($2::text[]) AND a.grantee = 0 AND a.privilege_type <> 'SELECT'
   GROUP BY n.nspname, c.relname
   ORDER BY 1, 2 NULLS FIRST`;
