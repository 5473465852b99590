import type { ClientBase } from "pg";
import { alteredTables } from "../catalog/definedObjects";
import type { AccessMatrix, DefinedObjects } from "../model";
import { formatName } from "../postgres/names";
import type { EffectiveAccess } from "./model";

/** The roles of a Supabase project's Data API; they are shown even without grants on these objects. */
const DATA_API_ROLES = ["anon", "authenticated", "service_role"];

/**
 * Reads the effective privileges on the directives' objects and on the tables that they alter: by grants, memberships and
 * PUBLIC. Superusers and the owner are left out. Reads only the catalog.
 */
export async function takeEffectiveAccess(
  client: ClientBase,
  objects: DefinedObjects,
  matrix: AccessMatrix,
): Promise<readonly EffectiveAccess[]> {
  const names = (type: string): string[] =>
    objects.granted.filter(({ objectType }) => objectType === type).map(formatName);
  const { rows } = await client.query<EffectiveAccess>(QUERY, [
    [...names("table"), ...alteredTables(objects).map(formatName)],
    [...Object.keys(matrix.roles), ...DATA_API_ROLES],
    objects.schemas,
    names("sequence"),
    names("function"),
    names("type"),
  ]);
  return rows;
}

const SIGNATURE = "quote_ident(f.proname) || '(' || oidvectortypes(f.proargtypes) || ')'";

/** A role's privileges on a whole table; where it lacks one there, the columns on which it has it. */
const QUERY = `
WITH relations AS (
  SELECT c.oid, c.relowner, c.relacl, n.nspname || '.' || c.relname AS name, c.relkind
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname || '.' || c.relname = ANY ($1::text[])
), others AS (
  SELECT 'schema' AS type, n.oid, n.nspowner AS owner, n.nspacl AS acl, 'schema ' || n.nspname AS name
    FROM pg_namespace n WHERE n.nspname = ANY ($3::text[])
  UNION ALL
  SELECT 'sequence', c.oid, c.relowner, c.relacl, 'sequence ' || n.nspname || '.' || c.relname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname || '.' || c.relname = ANY ($4::text[])
  UNION ALL
  SELECT 'function', f.oid, f.proowner, coalesce(f.proacl, acldefault('f', f.proowner)), 'function ' || n.nspname || '.' || ${SIGNATURE}
    FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace WHERE n.nspname || '.' || ${SIGNATURE} = ANY ($5::text[])
  UNION ALL
  SELECT 'type', t.oid, t.typowner, coalesce(t.typacl, acldefault('T', t.typowner)), 'type ' || n.nspname || '.' || t.typname
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname || '.' || t.typname = ANY ($6::text[])
), grantees AS (
  SELECT a.grantee FROM relations r CROSS JOIN LATERAL aclexplode(r.relacl) a
  UNION SELECT a.grantee FROM others o CROSS JOIN LATERAL aclexplode(o.acl) a
  UNION SELECT o.oid FROM pg_roles o WHERE o.rolname = ANY ($2::text[])
), roles AS (
  SELECT 'PUBLIC' AS name, 'public'::name AS role, 0::oid AS oid WHERE EXISTS (SELECT FROM grantees WHERE grantee = 0)
  UNION ALL
  SELECT o.rolname, o.rolname, o.oid FROM pg_roles o WHERE o.oid IN (SELECT grantee FROM grantees) AND NOT o.rolsuper
), privileges AS (
  SELECT r.name AS role, t.name AS object, p.word, p.position,
         CASE WHEN has_table_privilege(r.role, t.oid, p.word) THEN p.word
              WHEN p.word IN ('SELECT', 'INSERT', 'UPDATE') THEN (
                SELECT p.word || ' (' || string_agg(a.attname, ', ' ORDER BY a.attnum) || ')' FROM pg_attribute a
                 WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
                   AND has_column_privilege(r.role, t.oid, a.attnum, p.word)) END AS text
    FROM roles r CROSS JOIN relations t
    CROSS JOIN LATERAL unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])
      WITH ORDINALITY AS p(word, position)
   WHERE r.oid <> t.relowner
  UNION ALL
  SELECT r.name, o.name, p.word, p.position, CASE WHEN CASE o.type
           WHEN 'schema' THEN has_schema_privilege(r.role, o.oid, p.word)
           WHEN 'sequence' THEN has_sequence_privilege(r.role, o.oid, p.word)
           WHEN 'function' THEN has_function_privilege(r.role, o.oid, p.word)
           ELSE has_type_privilege(r.role, o.oid, p.word) END THEN p.word END
    FROM roles r CROSS JOIN others o
    CROSS JOIN LATERAL unnest(CASE o.type WHEN 'schema' THEN ARRAY['USAGE', 'CREATE']
        WHEN 'sequence' THEN ARRAY['USAGE', 'SELECT', 'UPDATE'] WHEN 'function' THEN ARRAY['EXECUTE'] ELSE ARRAY['USAGE'] END)
      WITH ORDINALITY AS p(word, position)
   WHERE r.oid <> o.owner
)
SELECT role, object, jsonb_agg(text ORDER BY position) AS privileges
  FROM privileges WHERE text IS NOT NULL GROUP BY role, object ORDER BY role, object`;
