/**
 * The snapshot's query. Each part gives rows of (key, value). Parameters:
 * $1 schemas, $2 relations, $3 indexes on tables of others, $4 columns on tables of others, $5 functions, all as
 * `schema.name` text, and $6 the expected owner.
 *
 * What differs between server versions for one and the same object is left out or put in words: not-null constraints
 * (in pg_constraint since 18) count as the column's own property. So is the type that the server gives to a CASE's
 * missing ELSE: it is that of file_audit.id, which is the table's own affair.
 */
const OWNER = (column: string): string =>
  `CASE WHEN pg_get_userbyid(${column}) = $6 THEN '<owner>' ELSE pg_get_userbyid(${column}) END`;

const COMMENT = (
  oid: string,
  catalog: string,
  sub = "0",
): string => `(SELECT d.description FROM pg_description d
    WHERE d.objoid = ${oid} AND d.classoid = '${catalog}'::regclass AND d.objsubid = ${sub})`;

const RELATIONS = `relations AS (
  SELECT c.*, n.nspname, n.nspname || '.' || c.relname AS qualified
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname || '.' || c.relname = ANY ($2::text[])
)`;

const SCHEMAS = `
  SELECT 'schema ' || n.nspname AS key,
         jsonb_build_object('owner', ${OWNER("n.nspowner")}, 'comment', ${COMMENT("n.oid", "pg_namespace")}) AS value
  FROM pg_namespace n WHERE n.nspname = ANY ($1::text[])`;

const TABLES = `
  SELECT CASE r.relkind WHEN 'r' THEN 'table ' WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view '
           WHEN 'p' THEN 'partitioned table ' WHEN 'f' THEN 'foreign table ' WHEN 'S' THEN 'sequence '
           ELSE 'relation ' END || r.qualified,
         jsonb_build_object('owner', ${OWNER("r.relowner")}, 'persistence', r.relpersistence,
           'rowSecurity', r.relrowsecurity, 'forceRowSecurity', r.relforcerowsecurity,
           'options', coalesce(to_jsonb(r.reloptions), '[]'), 'comment', ${COMMENT("r.oid", "pg_class")},
           'definition', CASE WHEN r.relkind IN ('v', 'm')
             THEN regexp_replace(pg_get_viewdef(r.oid, true), 'ELSE NULL::[^\\n]+', 'ELSE NULL', 'g') END,
           'inherits', (SELECT count(*) FROM pg_inherits i WHERE i.inhrelid = r.oid OR i.inhparent = r.oid))
  FROM relations r`;

const COLUMN = `jsonb_build_object('type', format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull,
    'default', pg_get_expr(d.adbin, d.adrelid, true), 'identity', a.attidentity, 'generated', a.attgenerated,
    'collation', (SELECT co.collname FROM pg_collation co JOIN pg_type t ON t.oid = a.atttypid
                  WHERE co.oid = a.attcollation AND a.attcollation <> t.typcollation),
    'comment', ${COMMENT("a.attrelid", "pg_class", "a.attnum")}`;

const COLUMNS = `
  SELECT 'column ' || r.qualified || '.' || a.attname,
         ${COLUMN}, 'position', row_number() OVER (PARTITION BY r.oid ORDER BY a.attnum))
  FROM relations r
  JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum`;

const ADDED_COLUMNS = `
  SELECT 'column ' || added.qualified || '.' || added.attname, added.value
  FROM (
    SELECT n.nspname || '.' || c.relname AS qualified, a.attname,
           ${COLUMN}, 'position', row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum)) AS value
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relkind IN ('r', 'p') AND n.nspname || '.' || c.relname || '.' || a.attname = ANY ($4::text[])
  ) added`;

const CONSTRAINTS = `
  SELECT 'constraint ' || r.qualified || '.' || k.conname,
         jsonb_build_object('type', k.contype, 'definition', pg_get_constraintdef(k.oid, true),
           'validated', k.convalidated, 'deferrable', k.condeferrable, 'deferred', k.condeferred,
           'comment', ${COMMENT("k.oid", "pg_constraint")})
  FROM relations r JOIN pg_constraint k ON k.conrelid = r.oid AND k.contype IN ('c', 'f', 'p', 'u', 'x')`;

const INDEXES = `
  SELECT 'index ' || n.nspname || '.' || c.relname,
         jsonb_build_object('definition', pg_get_indexdef(i.indexrelid), 'valid', i.indisvalid, 'ready', i.indisready,
           'unique', i.indisunique, 'primary', i.indisprimary, 'comment', ${COMMENT("c.oid", "pg_class")})
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE i.indrelid IN (SELECT oid FROM relations) OR n.nspname || '.' || c.relname = ANY ($3::text[])`;

const TRIGGERS = `
  SELECT 'trigger ' || r.qualified || '.' || t.tgname,
         jsonb_build_object('definition', pg_get_triggerdef(t.oid, true), 'enabled', t.tgenabled)
  FROM relations r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal`;

const RULES = `
  SELECT 'rule ' || r.qualified || '.' || w.rulename, jsonb_build_object('definition', pg_get_ruledef(w.oid, true))
  FROM relations r JOIN pg_rewrite w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'`;

const POLICIES = `
  SELECT 'policy ' || r.qualified || '.' || p.polname,
         jsonb_build_object('command', p.polcmd, 'permissive', p.polpermissive,
           'roles', (SELECT jsonb_agg(CASE o WHEN 0 THEN 'public' ELSE pg_get_userbyid(o) END
                     ORDER BY pg_get_userbyid(o))
                     FROM unnest(p.polroles) o),
           'using', pg_get_expr(p.polqual, p.polrelid, true), 'check', pg_get_expr(p.polwithcheck, p.polrelid, true))
  FROM relations r JOIN pg_policy p ON p.polrelid = r.oid`;

const FUNCTIONS = `
  SELECT 'function ' || n.nspname || '.' || f.proname || '(' || pg_get_function_identity_arguments(f.oid) || ')',
         jsonb_build_object('owner', ${OWNER("f.proowner")}, 'definition', pg_get_functiondef(f.oid),
           'comment', ${COMMENT("f.oid", "pg_proc")})
  FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
  WHERE n.nspname || '.' || f.proname = ANY ($5::text[]) AND f.prokind IN ('f', 'p')`;

export const CATALOG_QUERIES = `WITH ${RELATIONS} ${[
  SCHEMAS,
  TABLES,
  COLUMNS,
  ADDED_COLUMNS,
  CONSTRAINTS,
  INDEXES,
  TRIGGERS,
  RULES,
  POLICIES,
  FUNCTIONS,
].join("\n  UNION ALL")}`;
