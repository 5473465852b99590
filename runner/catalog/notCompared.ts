import type { ClientBase } from "pg";
import type { DefinedObjects } from "../model";
import { splitNames } from "../postgres/names";
import { BY_INDEX } from "./byIndex";
import { isUnknownConstraint, isUnknownOption, KNOWN_CATALOG_COLUMNS } from "./known";

/** The named relations, and whatever else is in a schema that is ours. */
const RELATIONS = `wanted AS (
  SELECT c.oid
  FROM unnest($2::name[], $3::name[]) AS named(schema, name)
  JOIN pg_namespace n ON n.nspname = named.schema
  ${BY_INDEX("pg_class", "c", "c.relname = named.name AND c.relnamespace = n.oid")}
  UNION
  SELECT d.objid FROM pg_namespace n
  ${BY_INDEX("pg_depend", "d", "d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid AND d.classid = 'pg_class'::regclass")}
  WHERE n.nspname = ANY ($1::name[])
), relations AS MATERIALIZED (
  SELECT c.*, n.nspname, n.nspname || '.' || c.relname AS qualified
  FROM wanted w ${BY_INDEX("pg_class", "c", "c.oid = w.oid")} JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind NOT IN ('i', 'I', 't', 'c')
), added AS MATERIALIZED (
  SELECT c.oid, n.nspname || '.' || c.relname AS qualified, a.attnum
  FROM unnest($6::name[], $7::name[], $8::name[]) AS named(schema, name, attribute)
  JOIN pg_namespace n ON n.nspname = named.schema
  ${BY_INDEX("pg_class", "c", "c.relname = named.name AND c.relnamespace = n.oid AND c.relkind IN ('r', 'p')")}
  ${BY_INDEX("pg_attribute", "a", "a.attrelid = c.oid AND a.attname = named.attribute")}
  WHERE a.attnum > 0 AND NOT a.attisdropped
)`;

/**
 * Parameters, names as name[]: $1 schemas; $2, $3 relations; $4, $5 indexes on tables of others; $6, $7, $8 columns on tables
 * of others; $9, $10 the known catalog columns.
 */
const NOT_COMPARED = `WITH ${RELATIONS}, indexes AS (
  SELECT i.indexrelid AS oid FROM relations r ${BY_INDEX("pg_index", "i", "i.indrelid = r.oid")}
  UNION
  SELECT c.oid FROM unnest($4::name[], $5::name[]) AS named(schema, name) JOIN pg_namespace n ON n.nspname = named.schema
  ${BY_INDEX("pg_class", "c", "c.relname = named.name AND c.relnamespace = n.oid")}
), columns AS (
  SELECT r.qualified, a.attname, a.attoptions
    FROM relations r ${BY_INDEX("pg_attribute", "a", "a.attrelid = r.oid AND a.attnum > 0")}
  UNION ALL
  SELECT w.qualified, a.attname, a.attoptions
    FROM added w ${BY_INDEX("pg_attribute", "a", "a.attrelid = w.oid AND a.attnum = w.attnum")}
)
  SELECT 'option ' || o.option_name || ' of ' || r.qualified AS what
    FROM relations r CROSS JOIN LATERAL pg_options_to_table(r.reloptions) o WHERE ${isUnknownOption("o.option_name")}
  UNION
  SELECT 'option ' || o.option_name || ' of index ' || n.nspname || '.' || c.relname
    FROM indexes i ${BY_INDEX("pg_class", "c", "c.oid = i.oid")} JOIN pg_namespace n ON n.oid = c.relnamespace
   CROSS JOIN LATERAL pg_options_to_table(c.reloptions) o WHERE ${isUnknownOption("o.option_name")}
  UNION
  SELECT 'option ' || o.option_name || ' of column ' || t.qualified || '.' || t.attname
    FROM columns t CROSS JOIN LATERAL pg_options_to_table(t.attoptions) o WHERE ${isUnknownOption("o.option_name")}
  UNION
  SELECT 'constraint ' || r.qualified || '.' || k.conname || ', of the kind "' || k.contype::text || '"'
    FROM relations r ${BY_INDEX("pg_constraint", "k", "k.conrelid = r.oid")} WHERE ${isUnknownConstraint("k.contype")}
  UNION
  SELECT 'what the server''s catalog has in ' || c.relname || '.' || a.attname
    FROM (SELECT DISTINCT relation FROM unnest($9::name[]) relation) known
    ${BY_INDEX("pg_class", "c", "c.relname = known.relation AND c.relnamespace = 'pg_catalog'::regnamespace")}
    ${BY_INDEX("pg_attribute", "a", "a.attrelid = c.oid AND a.attnum > 0")}
   WHERE NOT a.attisdropped
     AND NOT EXISTS (SELECT FROM unnest($9::name[], $10::name[]) one(relation, attribute)
                      WHERE one.relation = c.relname AND one.attribute = a.attname)
   ORDER BY 1`;

/**
 * What the server knows of the directives' objects and this version does not: `option x of public.t`. It is in no
 * snapshot, and so no difference; whoever reads a plan or a drift report is told. What the server writes by itself
 * (`pg_…`) is not listed.
 */
export async function takeNotCompared(
  client: ClientBase,
  objects: DefinedObjects,
): Promise<readonly string[]> {
  const { rows } = await client.query<{ what: string }>(NOT_COMPARED, [
    objects.schemas,
    ...splitNames([...objects.tables, ...objects.views]),
    ...splitNames(objects.indexes),
    ...splitNames(objects.columns.map(({ table }) => table)),
    objects.columns.map(({ column }) => column),
    KNOWN_CATALOG_COLUMNS.map(([catalog]) => catalog),
    KNOWN_CATALOG_COLUMNS.map(([, column]) => column),
  ]);
  return rows.map(({ what }) => what);
}

/** A line each, for a plan and a drift report. */
export function describeNotCompared(notCompared: readonly string[]): readonly string[] {
  return notCompared.map((what) => `not compared: ${what} (this version does not know it)`);
}
