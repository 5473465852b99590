import { KNOWN_CONSTRAINT_TYPES, SERVERS_OWN, sqlList } from "./known";
import {
  OWNER,
  COMMENT,
  UNUSUAL,
  OPTIONS,
  WITH_CLAUSE,
  CUT,
  BOUND_TO,
  TABLESPACE,
  BY_INDEX,
  MISSING_ELSE,
} from "./queryParts";

/** The named relations, and whatever else is in a schema that is ours. */
export const RELATIONS = `wanted AS (
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

/** What mentions a column of ours on a table of others: in a key, an expression, a condition, an index behind it. */
const MENTIONS = `direct AS MATERIALIZED (
  SELECT DISTINCT w.oid AS relation, w.qualified, d.classid, d.objid
  FROM added w
  ${BY_INDEX("pg_depend", "d", "d.refclassid = 'pg_class'::regclass AND d.refobjid = w.oid AND d.refobjsubid = w.attnum")}
), mentions AS MATERIALIZED (
  SELECT * FROM direct
  UNION
  SELECT m.relation, m.qualified, 'pg_constraint'::regclass, k.oid FROM direct m
  ${BY_INDEX("pg_constraint", "k", "k.conrelid = m.relation AND k.conindid = m.objid")}
  WHERE m.classid = 'pg_class'::regclass
)`;

/** What is attached to our relations, and what on tables of others mentions our columns: rows of `r` and of the catalog. */
const ATTACHED = (catalog: string, alias: string, relation: string): string => `(
    SELECT r.oid AS relation, r.qualified, x.oid FROM relations r ${BY_INDEX(catalog, "x", `x.${relation} = r.oid`)}
    UNION
    SELECT m.relation, m.qualified, m.objid FROM mentions m WHERE m.classid = '${catalog}'::regclass
  ) r
  ${BY_INDEX(catalog, alias, `${alias}.oid = r.oid AND ${alias}.${relation} = r.relation`)}`;

const SCHEMAS = `
  SELECT 'schema ' || n.nspname AS key,
         jsonb_build_object('owner', ${OWNER("n.nspowner")}, 'comment', ${COMMENT("n.oid", "pg_namespace")}) AS value
  FROM pg_namespace n WHERE n.nspname = ANY ($1::name[])`;

const TABLES = `
  SELECT CASE r.relkind WHEN 'r' THEN 'table ' WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view '
           WHEN 'p' THEN 'partitioned table ' WHEN 'f' THEN 'foreign table ' WHEN 'S' THEN 'sequence '
           ELSE 'relation ' END || r.qualified,
         jsonb_build_object('owner', ${OWNER("r.relowner")}, 'persistence', r.relpersistence,
           'rowSecurity', r.relrowsecurity, 'forceRowSecurity', r.relforcerowsecurity,
           'options', ${OPTIONS("r.reloptions")}, 'comment', ${COMMENT("r.oid", "pg_class")},
           'definition', CASE WHEN r.relkind IN ('v', 'm')
             THEN regexp_replace(pg_get_viewdef(r.oid, true), '${MISSING_ELSE}', '\\1', 'gn') END,
           'inherits', (SELECT count(*) FROM pg_inherits i WHERE i.inhrelid = r.oid)
                     + (SELECT count(*) FROM pg_inherits i WHERE i.inhparent = r.oid))
         || ${UNUSUAL({
           parents:
             "(SELECT jsonb_agg(i.inhparent::regclass::text ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = r.oid)",
           children:
             "(SELECT jsonb_agg(i.inhrelid::regclass::text ORDER BY 1) FROM pg_inherits i WHERE i.inhparent = r.oid)",
           boundTo: BOUND_TO(
             "pg_rewrite",
             "(SELECT w.oid FROM pg_rewrite w WHERE w.ev_class = r.oid AND w.rulename = '_RETURN')",
           ),
           tablespace: TABLESPACE("r.reltablespace"),
           accessMethod:
             "(SELECT m.amname FROM pg_am m WHERE m.oid = r.relam AND r.relkind = 'r' AND m.amname <> 'heap')",
           replicaIdentity:
             "CASE WHEN r.relkind = 'r' AND r.relreplident <> 'd' THEN r.relreplident END",
           ofType: "CASE WHEN r.reloftype <> 0 THEN r.reloftype::regtype::text END",
         })}
  FROM relations r`;

/** The storage that a type's columns have by themselves. */
const STORAGE = `CASE WHEN a.attstorage <> (SELECT t.typstorage FROM pg_type t WHERE t.oid = a.atttypid)
    THEN CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END`;

const COLUMN = `jsonb_build_object('type', format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull,
    'default', pg_get_expr(d.adbin, d.adrelid, true), 'identity', a.attidentity, 'generated', a.attgenerated,
    'collation', (SELECT co.collname FROM pg_collation co JOIN pg_type t ON t.oid = a.atttypid
                  WHERE co.oid = a.attcollation AND a.attcollation <> t.typcollation),
    'comment', ${COMMENT("a.attrelid", "pg_class", "a.attnum")}`;

const COLUMN_UNUSUAL = UNUSUAL({
  statistics: "nullif(a.attstattarget, -1)",
  storage: STORAGE,
  compression: "nullif(a.attcompression, '')",
  boundTo: BOUND_TO("pg_attrdef", "d.oid"),
  options: `nullif(${OPTIONS("a.attoptions")}, '{}')`,
  // A NOT NULL of PostgreSQL 18 that was never checked against the rows.
  notNullValidated: `(SELECT false FROM pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'n'
                        AND k.conkey = ARRAY[a.attnum] AND NOT k.convalidated)`,
});

const COLUMNS = `
  SELECT 'column ' || r.qualified || '.' || a.attname,
         ${COLUMN}, 'position', row_number() OVER (PARTITION BY r.oid ORDER BY a.attnum)) || ${COLUMN_UNUSUAL}
  FROM relations r
  ${BY_INDEX("pg_attribute", "a", "a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped")}
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE r.relkind <> 'S'`;

const ADDED_COLUMNS = `
  SELECT 'column ' || w.qualified || '.' || a.attname,
         ${COLUMN}, 'position', row_number() OVER (PARTITION BY w.oid ORDER BY a.attnum)) || ${COLUMN_UNUSUAL}
  FROM added w
  ${BY_INDEX("pg_attribute", "a", "a.attrelid = w.oid AND a.attnum = w.attnum")}
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum`;

/** On tables of others, columns that the server computes from ours. They come after ours, wherever they stand. */
const GENERATED_COLUMNS = `
  SELECT 'column ' || m.qualified || '.' || a.attname, ${COLUMN}, 'position', 10000 + a.attnum) || ${COLUMN_UNUSUAL}
  FROM mentions m
  ${BY_INDEX("pg_attrdef", "d", "d.oid = m.objid AND d.adrelid = m.relation")}
  ${BY_INDEX("pg_attribute", "a", "a.attrelid = d.adrelid AND a.attnum = d.adnum AND a.attgenerated <> ''")}
  WHERE m.classid = 'pg_attrdef'::regclass
    AND NOT EXISTS (SELECT FROM added w WHERE w.oid = a.attrelid AND w.attnum = a.attnum)`;

const CONSTRAINT = `jsonb_build_object('type', k.contype, 'definition', pg_get_constraintdef(k.oid, true),
    'validated', k.convalidated, 'deferrable', k.condeferrable, 'deferred', k.condeferred,
    'comment', ${COMMENT("k.oid", "pg_constraint")}) || ${UNUSUAL({
      // A foreign key is kept by triggers, on both tables; a superuser can switch them off.
      enforced:
        "(SELECT false FROM pg_trigger t WHERE t.tgconstraint = k.oid AND t.tgenabled <> 'O' LIMIT 1)",
      boundTo: BOUND_TO("pg_constraint", "k.oid"),
      inherited: "CASE WHEN k.coninhcount > 0 THEN true END",
      noInherit: "CASE WHEN k.contype = 'c' AND k.connoinherit THEN true END",
    })}`;

const CONSTRAINTS = `
  SELECT 'constraint ' || r.qualified || '.' || k.conname, ${CONSTRAINT}
  FROM ${ATTACHED("pg_constraint", "k", "conrelid")} WHERE k.contype IN (${sqlList(KNOWN_CONSTRAINT_TYPES)})`;

const INDEX_DEFINITION = CUT("pg_get_indexdef(i.indexrelid)", WITH_CLAUSE("c.reloptions"), "''");

const INDEX_ROW = `jsonb_build_object('definition', ${INDEX_DEFINITION}, 'valid', i.indisvalid,
    'ready', i.indisready, 'unique', i.indisunique, 'primary', i.indisprimary, 'comment', ${COMMENT("c.oid", "pg_class")})
    || ${UNUSUAL({
      options: `nullif(${OPTIONS("c.reloptions")}, '{}')`,
      boundTo: BOUND_TO("pg_class", "c.oid"),
      clustered: "nullif(i.indisclustered, false)",
      replicaIdentity: "nullif(i.indisreplident, false)",
      tablespace: TABLESPACE("c.reltablespace"),
    })}`;

const INDEXES = `
  SELECT 'index ' || n.nspname || '.' || c.relname, ${INDEX_ROW}
  FROM (
    SELECT i.indexrelid FROM relations r ${BY_INDEX("pg_index", "i", "i.indrelid = r.oid")}
    UNION
    SELECT c.oid FROM unnest($4::name[], $5::name[]) AS named(schema, name)
    JOIN pg_namespace n ON n.nspname = named.schema
    ${BY_INDEX("pg_class", "c", "c.relname = named.name AND c.relnamespace = n.oid")}
    UNION
    SELECT i.indexrelid FROM added w ${BY_INDEX("pg_index", "i", "i.indrelid = w.oid")}
     WHERE i.indisunique AND w.attnum = ANY (i.indkey::int2[])
    UNION
    SELECT i.indexrelid FROM mentions m ${BY_INDEX("pg_index", "i", "i.indexrelid = m.objid AND i.indrelid = m.relation")}
     WHERE m.classid = 'pg_class'::regclass
       AND (i.indisunique OR i.indisexclusion OR i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
  ) found
  ${BY_INDEX("pg_index", "i", "i.indexrelid = found.indexrelid")}
  ${BY_INDEX("pg_class", "c", "c.oid = i.indexrelid")}
  JOIN pg_namespace n ON n.oid = c.relnamespace`;

const TRIGGERS = `
  SELECT 'trigger ' || r.qualified || '.' || t.tgname,
         jsonb_build_object('definition', pg_get_triggerdef(t.oid, true), 'enabled', t.tgenabled)
         || ${UNUSUAL({ comment: COMMENT("t.oid", "pg_trigger") })}
  FROM ${ATTACHED("pg_trigger", "t", "tgrelid")} WHERE NOT t.tgisinternal`;

const RULES = `
  SELECT 'rule ' || r.qualified || '.' || w.rulename, jsonb_build_object('definition', pg_get_ruledef(w.oid, true))
         || ${UNUSUAL({ enabled: "nullif(w.ev_enabled, 'O')" })}
  FROM ${ATTACHED("pg_rewrite", "w", "ev_class")} WHERE w.rulename <> '_RETURN'`;

const POLICIES = `
  SELECT 'policy ' || r.qualified || '.' || p.polname,
         jsonb_build_object('command', p.polcmd, 'permissive', p.polpermissive,
           'roles', (SELECT jsonb_agg(CASE o WHEN 0 THEN 'public' ELSE pg_get_userbyid(o) END
                     ORDER BY pg_get_userbyid(o))
                     FROM unnest(p.polroles) o),
           'using', pg_get_expr(p.polqual, p.polrelid, true), 'check', pg_get_expr(p.polwithcheck, p.polrelid, true))
         || ${UNUSUAL({ boundTo: BOUND_TO("pg_policy", "p.oid") })}
  FROM ${ATTACHED("pg_policy", "p", "polrelid")}`;

const STATISTICS = `
  SELECT 'statistics ' || s.stxnamespace::regnamespace::text || '.' || s.stxname || ' on ' || r.qualified,
         jsonb_build_object('definition', pg_get_statisticsobjdef(s.oid))
  FROM ${ATTACHED("pg_statistic_ext", "s", "stxrelid")}`;

const PUBLICATIONS = `
  SELECT 'publication ' || p.pubname || ' of ' || r.qualified, jsonb_build_object('owner', pg_get_userbyid(p.pubowner))
  FROM relations r JOIN pg_publication_rel x ON x.prrelid = r.oid JOIN pg_publication p ON p.oid = x.prpubid
  UNION ALL
  SELECT 'publication ' || p.pubname || ' of schema ' || n.nspname, jsonb_build_object('owner', pg_get_userbyid(p.pubowner))
  FROM pg_publication_namespace x JOIN pg_publication p ON p.oid = x.pnpubid JOIN pg_namespace n ON n.oid = x.pnnspid
  WHERE n.nspname = ANY ($1::name[]) OR n.oid IN (SELECT r.relnamespace FROM relations r WHERE r.relkind IN ('r', 'p'))`;

/** A function's settings, as pg_get_functiondef writes each on a line of its own; of one that takes a list, not its items. */
const SETTINGS = (which: string): string => `(
  SELECT string_agg(' SET ' || quote_ident(split_part(s, '=', 1)) || ' TO '
      || quote_literal(substr(s, strpos(s, '=') + 1)) || E'\\n', '' ORDER BY ordinality)
    FROM unnest(f.proconfig) WITH ORDINALITY one(s, ordinality) ${which})`;

/** Without the settings that the server writes by itself, where there are any. */
const FUNCTION_DEFINITION = `CASE WHEN EXISTS (SELECT FROM unnest(f.proconfig) s WHERE s ~ '${SERVERS_OWN}')
    THEN ${CUT("pg_get_functiondef(f.oid)", SETTINGS(""), `coalesce(${SETTINGS(`WHERE s !~ '${SERVERS_OWN}'`)}, '')`)}
    ELSE pg_get_functiondef(f.oid) END`;

const FUNCTIONS = `
  SELECT 'function ' || n.nspname || '.' || f.proname || '(' || pg_get_function_identity_arguments(f.oid) || ')',
         jsonb_build_object('owner', ${OWNER("f.proowner")}, 'definition', ${FUNCTION_DEFINITION},
           'comment', ${COMMENT("f.oid", "pg_proc")}) || ${UNUSUAL({ boundTo: BOUND_TO("pg_proc", "f.oid") })}
  FROM (
    SELECT f.oid FROM unnest($9::name[], $10::name[]) AS named(schema, name)
    JOIN pg_namespace n ON n.nspname = named.schema
    JOIN pg_proc f ON f.proname = named.name AND f.pronamespace = n.oid
    UNION
    SELECT d.objid FROM pg_namespace n
    ${BY_INDEX("pg_depend", "d", "d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid AND d.classid = 'pg_proc'::regclass")}
    WHERE n.nspname = ANY ($1::name[])
  ) found
  ${BY_INDEX("pg_proc", "f", "f.oid = found.oid")} JOIN pg_namespace n ON n.oid = f.pronamespace
  WHERE f.prokind IN ('f', 'p')`;

/**
 * The snapshot's query. Each part gives rows of (key, value). Parameters, names as name[]:
 * $1 schemas; $2, $3 relations (schemas, names); $4, $5 indexes on tables of others; $6, $7, $8 columns on tables of
 * others (schema, table, column); $9, $10 functions; $11 the expected owner.
 *
 * Names are resolved first, by the catalog's own indexes on (name, schema); everything else follows by oid. On a server
 * with ten thousand other tables nothing of them is read.
 *
 * What differs between server versions for one and the same object is left out or put in words: not-null constraints
 * (in pg_constraint since 18) count as the column's own property. So is the type that the server gives to a CASE's
 * missing ELSE: it is that of file_audit.id, which is the table's own affair. What hardly anything has (a trigger switched
 * off, a tablespace, a storage mode) has a property only where it is not the default.
 */
export const CATALOG_QUERIES = `WITH ${RELATIONS}, ${MENTIONS} ${[
  SCHEMAS,
  TABLES,
  COLUMNS,
  ADDED_COLUMNS,
  GENERATED_COLUMNS,
  CONSTRAINTS,
  INDEXES,
  TRIGGERS,
  RULES,
  POLICIES,
  STATISTICS,
  PUBLICATIONS,
  FUNCTIONS,
].join("\n  UNION ALL")}`;
