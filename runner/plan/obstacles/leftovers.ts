import type { ClientBase } from "pg";
import { when } from "../../base/when";
import { definedIndexes } from "../../catalog/definedObjects";
import { isSameObject } from "../../catalog/kinds/objectId";
import type { ObjectId, Obstacle } from "../../model";
import { formatName } from "../../postgres/names";
import type { PlannedRun } from "./plannedRun";

/**
 * Objects with names of the directives' objects that the history does not know. Also types with a table's name, and
 * relations with the names of a table's keys, for which PostgreSQL would choose other names.
 */
export async function leftoverObstacles(
  client: ClientBase,
  { pending, objects }: Pick<PlannedRun, "pending" | "objects">,
): Promise<readonly Obstacle[]> {
  const { renamed, removed } = objects.change;
  // These steps rename or drop the object with the name before they make their own.
  const vacated = new Set(
    [...renamed.map(({ from }) => from), ...removed.map(({ id }) => id)].map(nameOf),
  );
  const { rows } = await client.query<{ found: string }>(QUERY, [
    [...objects.tables, ...objects.views, ...definedIndexes(pending)]
      .map(formatName)
      .filter((name) => !vacated.has(name)),
    objects.columns
      .filter(({ table, column: name }) => {
        const id: ObjectId = { kind: "column", name, of: { kind: "table", ...table } };
        return !renamed.some(({ from }) => isSameObject(from, id));
      })
      .map(({ table, column }) => `${formatName(table)}.${column}`),
    objects.schemas,
    objects.tables.map(formatName),
  ]);
  const names = rows.map((row) => row.found).join(", ");
  return when(rows.length > 0, {
    found: `${names}: there already, and the history does not know of ${rows.length === 1 ? "it" : "them"}`,
    remedy:
      "Find out who made this. Take it away, or run npx v7 adopt, which records it where it is equal to the directive",
  });
}

function nameOf({ schema, of, name }: ObjectId): string {
  return formatName({ schema: schema ?? of?.schema ?? "", name });
}

const QUERY = `
  SELECT CASE c.relkind WHEN 'i' THEN 'index ' WHEN 'v' THEN 'view ' WHEN 'r' THEN 'table ' ELSE 'relation ' END
         || n.nspname || '.' || c.relname AS found
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname || '.' || c.relname = ANY ($1::text[])
  UNION
  SELECT 'column ' || n.nspname || '.' || c.relname || '.' || a.attname
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname || '.' || c.relname || '.' || a.attname = ANY ($2::text[]) AND NOT a.attisdropped
  UNION
  SELECT 'schema ' || n.nspname FROM pg_namespace n WHERE n.nspname = ANY ($3::text[])
  UNION
  SELECT 'type ' || n.nspname || '.' || t.typname
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
   WHERE n.nspname || '.' || t.typname = ANY ($4::text[])
     AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind <> 'c')
  UNION
  SELECT 'relation ' || n.nspname || '.' || c.relname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN unnest($4::text[]) AS own(name) ON starts_with(n.nspname || '.' || c.relname, own.name || '_')
   WHERE c.relname ~ '_(pkey|key)$'
     AND NOT EXISTS (SELECT FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
                      WHERE i.indexrelid = c.oid AND n.nspname || '.' || t.relname = ANY ($4::text[]))
   ORDER BY 1`;
