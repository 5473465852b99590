import type { ClientBase } from "pg";
import type { DefinedObjects, Snapshot } from "../model";
import { formatName } from "../postgres/names";

/**
 * What others built on the directives' objects, a name each: views, foreign keys, functions, publications, and what stands
 * on our own tables without being ours (indexes, triggers, columns, policies). PostgreSQL would refuse to drop some of
 * them, and would drop others without a word.
 *
 * @param live the snapshot of the directives' objects
 * @param known every key that the directives may have made
 */
export async function findDependents(
  client: ClientBase,
  objects: DefinedObjects,
  live: Snapshot,
  known: ReadonlySet<string>,
): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(OUTSIDE, [
    [...objects.tables, ...objects.views].map(formatName),
    objects.columns.map(({ table, column }) => `${formatName(table)}.${column}`),
    objects.functions.map(formatName),
    objects.schemas,
    objects.indexes.map(formatName),
  ]);
  const own = [...objects.tables, ...objects.views].map(formatName);
  const onOurs = Object.keys(live).filter((key) => !known.has(key) && standsOn(key, own));
  return [...new Set([...onOurs, ...rows.map(({ name }) => name)])].sort();
}

/** Whether a snapshot's key is of something on one of these relations: the rest the query finds, by its own names. */
function standsOn(key: string, relations: readonly string[]): boolean {
  const name = key.slice(key.lastIndexOf(" ") + 1);
  return key.startsWith("index ") || relations.some((relation) => name.startsWith(`${relation}.`));
}

/**
 * Parameters: $1 our relations, $2 our columns on tables of others, $3 our functions, $4 our schemas, $5 our indexes on
 * tables of others. What stands on our own relations is the snapshot's business: here it is left out, but for statistics
 * and publications, which no snapshot has.
 */
const OUTSIDE = `
WITH relations AS (
  SELECT c.oid, c.reltype FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname || '.' || c.relname = ANY ($1::text[])
), ours AS (
  SELECT 'pg_class'::regclass AS classid, oid AS objid, 0 AS column FROM relations
  UNION ALL
  SELECT 'pg_type'::regclass, t.oid, 0 FROM pg_type t JOIN relations r ON r.reltype IN (t.oid, t.typelem)
  UNION ALL
  SELECT 'pg_class'::regclass, a.attrelid, a.attnum FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname || '.' || c.relname || '.' || a.attname = ANY ($2::text[])
  UNION ALL
  SELECT 'pg_proc'::regclass, f.oid, 0 FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
   WHERE n.nspname || '.' || f.proname = ANY ($3::text[])
  UNION ALL
  SELECT 'pg_namespace'::regclass, n.oid, 0 FROM pg_namespace n WHERE n.nspname = ANY ($4::text[])
), found AS (
  SELECT d.classid, d.objid, d.objsubid,
         coalesce(w.ev_class, k.conrelid, t.tgrelid, p.polrelid, v.adrelid, i.indrelid,
                  CASE WHEN d.classid = 'pg_class'::regclass THEN d.objid END) AS relation,
         w.ev_class AS view
    FROM ours
    JOIN pg_depend d ON d.refclassid = ours.classid AND d.refobjid = ours.objid
     AND (ours.column = 0 OR d.refobjsubid = ours.column) AND d.deptype IN ('n', 'a')
    LEFT JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
    LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
    LEFT JOIN pg_trigger t ON d.classid = 'pg_trigger'::regclass AND t.oid = d.objid
    LEFT JOIN pg_policy p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
    LEFT JOIN pg_attrdef v ON d.classid = 'pg_attrdef'::regclass AND v.oid = d.objid
    LEFT JOIN pg_index i ON d.classid = 'pg_class'::regclass AND i.indexrelid = d.objid
)
SELECT DISTINCT o.type || ' ' || o.identity AS name
  FROM found f
  CROSS JOIN LATERAL pg_identify_object(
    CASE WHEN f.view IS NULL THEN f.classid ELSE 'pg_class'::regclass END, coalesce(f.view, f.objid),
    CASE WHEN f.view IS NULL THEN f.objsubid ELSE 0 END) o
 WHERE (f.relation IS NULL OR f.relation NOT IN (SELECT oid FROM relations))
   AND NOT (f.classid = 'pg_attrdef'::regclass AND EXISTS (
     SELECT FROM ours JOIN pg_attrdef v ON v.oid = f.objid
      WHERE ours.classid = 'pg_class'::regclass AND ours.objid = v.adrelid AND ours.column = v.adnum))
   AND NOT EXISTS (SELECT FROM ours WHERE ours.classid = f.classid AND ours.objid = f.objid AND ours.column = 0)
   AND NOT (f.classid = 'pg_class'::regclass AND EXISTS (
     SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.oid = f.objid AND n.nspname || '.' || c.relname = ANY ($5::text[])))
 ORDER BY 1`;
