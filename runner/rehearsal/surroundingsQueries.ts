import type { ClientBase } from "pg";

// The queries of surroundings.ts and surroundingTables.ts: each gives one jsonb column, `row`, in the shape of its interface there.

export async function readRows<T>(
  client: ClientBase,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<T[]> {
  const { rows } = await client.query<{ row: T }>(sql, [...parameters]);
  return rows.map(({ row }) => row);
}

export const SERVER = `
  SELECT jsonb_build_object('serverVersion', split_part(current_setting('server_version'), ' ', 1),
    'major', current_setting('server_version_num')::int / 10000, 'login', current_user,
    'databaseOwner', (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database())) AS row`;

export const ROLES = `
  SELECT jsonb_build_object('name', rolname, 'isSuperuser', rolsuper, 'inherits', rolinherit) AS row
    FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY rolname LIMIT 1000`;

/** With memberships in those two of PostgreSQL's own roles that give access to tables; the others do not matter here. */
export const MEMBERSHIPS = `
  SELECT jsonb_build_object('role', pg_get_userbyid(m.roleid), 'member', pg_get_userbyid(m.member),
    'isAdmin', m.admin_option, 'inherits', to_jsonb(m) -> 'inherit_option', 'mayset', to_jsonb(m) -> 'set_option') AS row
    FROM pg_auth_members m WHERE pg_get_userbyid(m.member) !~ '^pg_'
     AND (pg_get_userbyid(m.roleid) !~ '^pg_' OR pg_get_userbyid(m.roleid) IN ('pg_read_all_data', 'pg_write_all_data'))
   LIMIT 2000`;

export const SCHEMAS = `
  SELECT jsonb_build_object('name', nspname, 'owner', pg_get_userbyid(nspowner)) AS row
    FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
     AND nspname <> ALL ($1::text[]) ORDER BY nspname`;

/** The extensions of the tables' column types, of the functions in their defaults, and those with these names. */
export const EXTENSIONS = `
  SELECT jsonb_build_object('name', e.extname, 'schema', n.nspname) AS row
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
   WHERE e.extname = ANY ($2::text[]) OR e.oid IN (
    SELECT d.refobjid
      FROM pg_class c JOIN pg_namespace cn ON cn.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef v ON v.adrelid = a.attrelid AND v.adnum = a.attnum
      JOIN pg_depend u ON (u.classid, u.objid) IN (('pg_attrdef'::regclass, v.oid), ('pg_class'::regclass, c.oid))
      JOIN pg_depend d ON d.classid = u.refclassid AND d.objid = u.refobjid AND d.deptype = 'e'
     WHERE d.refclassid = 'pg_extension'::regclass AND cn.nspname || '.' || c.relname = ANY ($1::text[]))`;

export const ENUMS = `
  SELECT jsonb_build_object('schema', n.nspname, 'name', t.typname, 'owner', pg_get_userbyid(t.typowner),
    'labels', (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid)) AS row
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
   WHERE t.typtype = 'e' AND n.nspname !~ '^pg_' AND EXISTS (SELECT FROM pg_enum e WHERE e.enumtypid = t.oid)
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')`;

/** Of the tables' columns, and those of these names. */
export const DOMAINS = `
  SELECT jsonb_build_object('schema', n.nspname, 'name', t.typname, 'owner', pg_get_userbyid(t.typowner),
    'base', format_type(t.typbasetype, t.typtypmod), 'notNull', t.typnotnull,
    'hasDefault', t.typdefault IS NOT NULL,
    'checks', coalesce((SELECT jsonb_agg(jsonb_build_object('name', k.conname,
        'expression', left(pg_get_expr(k.conbin, 0), $2)) ORDER BY k.conname)
      FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'), '[]')) AS row
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
   WHERE t.typtype = 'd' AND n.nspname <> 'information_schema' AND (n.nspname || '.' || t.typname = ANY ($3::text[]) OR EXISTS (
    SELECT FROM pg_class c JOIN pg_namespace cn ON cn.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE a.atttypid IN (t.oid, t.typarray) AND cn.nspname || '.' || c.relname = ANY ($1::text[])))`;

/** The tables to which foreign keys refer. Parameters, as text[]: $1, $2 schemas and names of their own tables; $3 their names. */
export const REFERENCED = `
  SELECT DISTINCT jsonb_build_object('schema', o.nspname, 'name', r.relname) AS row
    FROM unnest($1::text[], $2::text[], $3::text[]) AS named(schema, name, key)
    JOIN pg_namespace n ON n.nspname = named.schema JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = named.name
    JOIN pg_constraint k ON k.conrelid = c.oid AND k.conname = named.key AND k.contype = 'f'
    JOIN pg_class r ON r.oid = k.confrelid JOIN pg_namespace o ON o.oid = r.relnamespace`;

/**
 * The tables, composite types and domains that are types of tables' columns and of routines' arguments and results, also in
 * arrays. Parameters, as text[]: $1, $2 schemas and names of tables; $3, $4 of routines, with the types of their arguments.
 */
export const USED_TYPES = `
  WITH used AS (
    SELECT a.atttypid AS type FROM unnest($1::text[], $2::text[]) AS named(schema, name)
      JOIN pg_namespace n ON n.nspname = named.schema JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = named.name
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    UNION
    SELECT unnest(coalesce(f.proallargtypes, f.proargtypes::oid[]) || f.prorettype) FROM unnest($3::text[], $4::text[]) AS named(schema, name)
      JOIN pg_namespace n ON n.nspname = named.schema
      JOIN pg_proc f ON f.pronamespace = n.oid AND quote_ident(f.proname) || '(' || oidvectortypes(f.proargtypes) || ')' = named.name
  )
  SELECT DISTINCT jsonb_build_object('kind', CASE WHEN t.typtype = 'd' THEN 'domain' WHEN r.relkind = 'c' THEN 'composite type' ELSE 'table' END,
         'schema', x.nspname, 'name', t.typname) AS row
    FROM used JOIN pg_type t ON used.type IN (t.oid, t.typarray) JOIN pg_namespace x ON x.oid = t.typnamespace
    LEFT JOIN pg_class r ON r.oid = t.typrelid
   WHERE (t.typtype = 'd' OR r.relkind IN ('c', 'r', 'p')) AND x.nspname !~ '^pg_' AND x.nspname <> 'information_schema'
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')`;

/**
 * The tables with these names, and those that inherit from them, as partitions do, each with those among them from which it
 * inherits. Parameters, as text[]: $1, $2 schemas and names.
 */
export const FAMILIES = `
  WITH RECURSIVE named AS (
    SELECT c.oid FROM unnest($1::text[], $2::text[]) AS named(schema, name)
      JOIN pg_namespace n ON n.nspname = named.schema JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = named.name
  ), below AS (
    SELECT oid FROM named UNION SELECT i.inhrelid FROM below b JOIN pg_inherits i ON i.inhparent = b.oid
  ), above AS (
    SELECT oid, oid AS ancestor FROM below UNION SELECT a.oid, i.inhparent FROM above a JOIN pg_inherits i ON i.inhrelid = a.ancestor
  ), described AS (
    SELECT c.oid, jsonb_build_object('schema', n.nspname, 'name', c.relname) AS name
      FROM below b JOIN pg_class c ON c.oid = b.oid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p')
  )
  SELECT d.name || jsonb_build_object('ancestors', (SELECT coalesce(jsonb_agg(o.name), '[]')
      FROM above a JOIN described o ON o.oid = a.ancestor WHERE a.oid = d.oid AND o.oid <> d.oid)) AS row
    FROM described d ORDER BY d.oid`;

export const TABLE = `
  SELECT jsonb_build_object('owner', pg_get_userbyid(c.relowner), 'reference', c.oid::regclass::text,
    'rows', CASE WHEN c.relkind = 'p' THEN 0 WHEN c.reltuples >= 0 THEN c.reltuples END,
    'partitionKey', left(pg_get_partkeydef(c.oid), $5), 'bound', left(pg_get_expr(c.relpartbound, c.oid), $5),
    'parents', coalesce((SELECT jsonb_agg(jsonb_build_object('schema', x.nspname, 'name', o.relname) ORDER BY i.inhseqno)
      FROM pg_inherits i JOIN pg_class o ON o.oid = i.inhparent JOIN pg_namespace x ON x.oid = o.relnamespace
      WHERE i.inhrelid = c.oid), '[]'),
    'columns', (SELECT jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
        'notNull', a.attnotnull, 'default', left(pg_get_expr(v.adbin, v.adrelid), $5), 'generated', a.attgenerated,
        'identity', a.attidentity, 'isLocal', a.attislocal,
        'isEnum', (SELECT y.typtype = 'e' FROM pg_type y WHERE y.oid = a.atttypid), 'width', s.avg_width) ORDER BY a.attnum)
      FROM pg_attribute a LEFT JOIN pg_attrdef v ON v.adrelid = a.attrelid AND v.adnum = a.attnum
      LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname AND NOT s.inherited
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> ALL ($4::text[])),
    'constraints', coalesce((SELECT jsonb_agg(jsonb_build_object('name', k.conname,
        'type', CASE WHEN (to_jsonb(k) ->> 'conperiod')::boolean THEN 'period' ELSE k.contype::text END,
        'columns', coalesce((SELECT jsonb_agg(a.attname ORDER BY p.position)
          FROM unnest(k.conkey) WITH ORDINALITY AS p(number, position)
          JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = p.number), '[]'),
        'isLocal', k.conislocal,
        'foreignKey', CASE k.contype WHEN 'f' THEN left(pg_get_constraintdef(k.oid), $5) END,
        'expression', left(pg_get_expr(k.conbin, k.conrelid), $5)) ORDER BY k.contype = 'c', k.conname)
      FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u', 'c', 'f', 'x') AND k.conname <> ALL ($3::text[])), '[]'),
    'indexes', coalesce((SELECT jsonb_agg(jsonb_build_object('name', x.relname,
        'definition', left(pg_get_indexdef(i.indexrelid), $5)) ORDER BY i.indexrelid)
      FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
      WHERE i.indrelid = c.oid AND i.indisvalid AND x.relname <> ALL ($3::text[])
        AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)), '[]'),
    'others', coalesce((SELECT jsonb_agg(to_jsonb(found) ORDER BY found.kind, found.name) FROM (
      SELECT 'trigger' AS kind, t.tgname AS name FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal
      UNION ALL SELECT 'policy', p.polname FROM pg_policy p WHERE p.polrelid = c.oid
      UNION ALL SELECT 'rule', w.rulename FROM pg_rewrite w WHERE w.ev_class = c.oid) AS found
      WHERE found.name <> ALL ($3::text[])), '[]')) AS row
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')`;

export const GRANTS = `
  SELECT jsonb_build_object('kind', found.kind, 'schema', found.schema, 'object', found.object, 'owner', found.owner,
    'objectType', found.type, 'grantee', CASE WHEN a.grantee <> 0 THEN pg_get_userbyid(a.grantee) END,
    'privilege', a.privilege_type, 'isGrantable', a.is_grantable) AS row
    FROM (
      SELECT 'database' AS kind, NULL AS schema, NULL AS object, pg_get_userbyid(b.datdba) AS owner, 'd' AS type, b.datacl AS acl
        FROM pg_database b WHERE b.datname = current_database()
      UNION ALL
      SELECT 'schema' AS kind, n.nspname AS schema, NULL AS object, pg_get_userbyid(n.nspowner) AS owner, 'n' AS type, n.nspacl AS acl
        FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname <> ALL ($2::text[])
      UNION ALL
      SELECT 'table', n.nspname, c.relname, pg_get_userbyid(c.relowner), 'r', c.relacl
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname || '.' || c.relname = ANY ($1::text[])
      UNION ALL
      SELECT 'default', n.nspname, NULL, pg_get_userbyid(d.defaclrole), d.defaclobjtype::text, d.defaclacl
        FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
    ) AS found CROSS JOIN LATERAL aclexplode(found.acl) a
   WHERE a.grantee = 0 OR pg_get_userbyid(a.grantee) <> found.owner OR found.kind = 'default'`;
