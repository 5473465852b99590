import type { ClientBase } from "pg";
import type { DefinedObjects, ObjectId, QualifiedName } from "../model";
import { splitNames } from "../postgres/names";
import { baseName } from "./definedObjects";
import { idsOf, rootOf } from "./kinds/objectId";
import { BY_INDEX } from "./kinds/sql";
import { CONSTRAINT_TYPES, KNOWN_CATALOG_COLUMNS } from "./known";

/** The places of some steps' objects in this server's catalog. */
export interface Concerned {
  /** The addresses of the relations, types, routines and schemas that the steps made or changed, and of all objects in their schemas. */
  readonly addresses: readonly string[];
  /** The addresses of objects that mention a column of the steps on a table of others: keys, expressions, unique indexes. */
  readonly mentions: ReadonlySet<string>;
  /** The name of the bootstrap superuser, which differs from server to server. */
  readonly superuser: string;
  /** What this version does not know of the server's catalog. */
  readonly unknown: readonly string[];
}

/** Finds the objects of some steps by name and by index, so that no other objects are read, however many there are. */
export async function findConcerned(
  client: ClientBase,
  { change, schemas, columns }: Pick<DefinedObjects, "change" | "schemas" | "columns">,
): Promise<Concerned> {
  // A published table has the table's name, and is part of the publication.
  const ids = idsOf(change).flatMap((id) => [id, rootOf(id)]);
  const { rows } = await client.query<{ what: string; value: string }>(QUERY, [
    schemas,
    ...splitNames(namesInSchemas(ids)),
    ...splitNames(columns.map(({ table }) => table)),
    columns.map(({ column }) => column),
    KNOWN_CATALOG_COLUMNS.map(([catalog]) => catalog),
    KNOWN_CATALOG_COLUMNS.map(([, column]) => column),
    ids.flatMap(({ kind, name }) => (kind === "schema" ? [name] : [])),
  ]);
  const values = (what: string): string[] =>
    rows.filter((row) => row.what === what).map(({ value }) => value);
  return {
    addresses: values("address"),
    mentions: new Set(values("mention")),
    superuser: values("superuser")[0] ?? "",
    unknown: values("unknown"),
  };
}

/** The distinct names of those objects that are in schemas; of a routine without its arguments. */
function namesInSchemas(objects: readonly ObjectId[]): readonly QualifiedName[] {
  const names = objects.flatMap(({ schema, name }) =>
    schema === undefined ? [] : [{ schema, name: name.includes("(") ? baseName(name) : name }],
  );
  return [...new Map(names.map((one) => [JSON.stringify(one), one])).values()];
}

/**
 * Parameters, names as name[]: $1 own schemas; $2, $3 names and their schemas; $4, $5, $6 columns on tables of others; $7, $8 the
 * known catalog columns; $9 the schemas that the change names.
 */
const QUERY = `WITH named AS (
  SELECT n.oid AS namespace, named.name FROM unnest($2::name[], $3::name[]) AS named(schema, name)
    JOIN pg_namespace n ON n.nspname = named.schema
), own_schemas AS (
  SELECT n.oid FROM pg_namespace n WHERE n.nspname = ANY ($1::name[])
), found AS (
  SELECT 'pg_namespace'::regclass AS class, oid FROM pg_namespace WHERE nspname = ANY ($9::name[])
  UNION
  SELECT d.classid, d.objid FROM own_schemas n
  ${BY_INDEX("pg_depend", "d", "d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid")}
  UNION
  SELECT 'pg_class'::regclass, c.oid FROM named ${BY_INDEX("pg_class", "c", "c.relname = named.name AND c.relnamespace = named.namespace")}
  UNION
  -- Without the row types of tables and views.
  SELECT 'pg_type'::regclass, t.oid FROM named ${BY_INDEX("pg_type", "t", "t.typname = named.name AND t.typnamespace = named.namespace")}
   WHERE t.typrelid = 0 OR (SELECT c.relkind FROM pg_class c WHERE c.oid = t.typrelid) = 'c'
  UNION
  SELECT 'pg_proc'::regclass, f.oid FROM named ${BY_INDEX("pg_proc", "f", "f.proname = named.name AND f.pronamespace = named.namespace")}
), added AS MATERIALIZED (
  SELECT c.oid, a.attnum
  FROM unnest($4::name[], $5::name[], $6::name[]) AS named(schema, name, attribute)
  JOIN pg_namespace n ON n.nspname = named.schema
  ${BY_INDEX("pg_class", "c", "c.relname = named.name AND c.relnamespace = n.oid AND c.relkind IN ('r', 'p')")}
  ${BY_INDEX("pg_attribute", "a", "a.attrelid = c.oid AND a.attname = named.attribute")}
  WHERE a.attnum > 0 AND NOT a.attisdropped
), direct AS MATERIALIZED (
  SELECT DISTINCT w.oid AS relation, d.classid, d.objid
  FROM added w
  ${BY_INDEX("pg_depend", "d", "d.refclassid = 'pg_class'::regclass AND d.refobjid = w.oid AND d.refobjsubid = w.attnum")}
), mentions AS (
  SELECT classid, objid, 0 AS sub FROM direct m
   WHERE m.classid <> 'pg_class'::regclass AND m.classid <> 'pg_attrdef'::regclass
  UNION
  SELECT 'pg_constraint'::regclass, k.oid, 0 FROM direct m
  ${BY_INDEX("pg_constraint", "k", "k.conrelid = m.relation AND k.conindid = m.objid")}
  WHERE m.classid = 'pg_class'::regclass
  UNION
  -- A plain index on our column, which is not unique, does not count: the application may add such.
  SELECT m.classid, i.indexrelid, 0 FROM direct m
  ${BY_INDEX("pg_index", "i", "i.indexrelid = m.objid AND i.indrelid = m.relation")}
   WHERE m.classid = 'pg_class'::regclass
     AND (i.indisunique OR i.indisexclusion OR i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
  UNION
  SELECT 'pg_class'::regclass, d.adrelid, d.adnum FROM direct m
  ${BY_INDEX("pg_attrdef", "d", "d.oid = m.objid AND d.adrelid = m.relation")}
  ${BY_INDEX("pg_attribute", "a", "a.attrelid = d.adrelid AND a.attnum = d.adnum AND a.attgenerated <> ''")}
   WHERE m.classid = 'pg_attrdef'::regclass
)
SELECT 'address' AS what, class || ' ' || oid || ' 0' AS value FROM found
UNION ALL
SELECT 'superuser', pg_get_userbyid(10)
UNION ALL
SELECT 'mention', c.relname || ' ' || m.objid || ' ' || m.sub FROM mentions m JOIN pg_class c ON c.oid = m.classid
UNION ALL
SELECT 'unknown', 'constraint ' || n.nspname || '.' || c.relname || '.' || k.conname || ', of the kind "' || k.contype::text || '"'
  FROM found f ${BY_INDEX("pg_class", "c", "c.oid = f.oid")} JOIN pg_namespace n ON n.oid = c.relnamespace
  ${BY_INDEX("pg_constraint", "k", "k.conrelid = c.oid")} WHERE k.contype NOT IN (${CONSTRAINT_TYPES})
UNION ALL
SELECT 'unknown', 'what the server''s catalog has in ' || c.relname || '.' || a.attname
  FROM (SELECT DISTINCT relation FROM unnest($7::name[]) relation) known
  ${BY_INDEX("pg_class", "c", "c.relname = known.relation AND c.relnamespace = 'pg_catalog'::regnamespace")}
  ${BY_INDEX("pg_attribute", "a", "a.attrelid = c.oid AND a.attnum > 0")}
 WHERE NOT a.attisdropped
   AND NOT EXISTS (SELECT FROM unnest($7::name[], $8::name[]) one(relation, attribute)
                    WHERE one.relation = c.relname AND one.attribute = a.attname)`;
