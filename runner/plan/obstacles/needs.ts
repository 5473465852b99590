import type { ClientBase } from "pg";
import { alteredTablesBefore } from "../../catalog/definedObjects";
import { rootOf, titleOf } from "../../catalog/kinds/objectId";
import { type Needed, neededOfOthers } from "../../catalog/needs";
import type { Obstacle } from "../../model";
import { formatName } from "../../postgres/names";
import type { PlannedRun } from "./plannedRun";

/** The kinds of needed objects that are looked up: those in a schema, columns, and extensions. */
const LOOKED_FOR: readonly string[] = (
  "table,foreign table,view,materialized view,sequence,column,enum,domain,composite type,range type," +
  "function,procedure,aggregate,extension"
).split(",");

/**
 * Objects of others that the pending steps need, by their locks, and that do not exist: relations, columns, types, functions,
 * extensions. Tables that the steps alter are checked by alteredTableObstacles.
 */
export async function neededObstacles(
  client: ClientBase,
  { pending, objects }: Pick<PlannedRun, "pending" | "objects">,
): Promise<readonly Obstacle[]> {
  const altered = alteredTablesBefore(objects).map(formatName);
  const all = neededOfOthers(pending).filter(
    ({ id }) =>
      LOOKED_FOR.includes(id.kind) &&
      (id.of !== undefined || !altered.includes(`${String(id.schema)}.${id.name}`)),
  );
  const { rows } = await client.query<{ position: number }>(QUERY, [
    all.map(({ id }) => rootOf(id).schema ?? ""),
    all.map(({ id }) => rootOf(id).name),
    all.map(({ id }) => (id.of === undefined ? null : id.name)),
  ]);
  return rows.flatMap(({ position }) => all.slice(position - 1, position).map(missing));
}

function missing({ id, step }: Needed): Obstacle {
  return {
    found: `no ${titleOf(id)}, which ${step.id} of ${step.directive} needs`,
    remedy: "Create it first, or connect to the database that has it",
  };
}

/**
 * Parameters, as text[]: $1, $2 schemas (of an extension, '') and names; $3 a column's name or null. Columns of a missing table
 * are not listed.
 */
const QUERY = `
  SELECT named.position::int AS position
    FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS named(schema, name, attribute, position)
    LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = named.schema
    LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = named.name
   WHERE CASE WHEN named.schema = '' THEN NOT EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE e.extname = named.name)
         WHEN named.attribute IS NULL
         THEN c.oid IS NULL
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.typnamespace = n.oid AND t.typname = named.name)
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_proc f WHERE f.pronamespace = n.oid
            AND pg_catalog.quote_ident(f.proname) || '(' || pg_catalog.oidvectortypes(f.proargtypes) || ')' = named.name)
         ELSE c.oid IS NOT NULL AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = c.oid AND a.attname = named.attribute AND NOT a.attisdropped) END
   ORDER BY 1`;
