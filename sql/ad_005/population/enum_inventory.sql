-- Population enum_inventory: every ENUM type of this database, with its values and the tables and columns that use it.
-- Asked for by: Article 3, section 3 (ENUM mapping and consolidation), and Article 4.4 (population).
-- Adds: one row a type in v7_enum_migrations, 'proposed' by the directive's own default. The V7 name and values are NOT NULL
-- there, so the proposal is the type as it is, until people write another.
-- Leaves out: types of extensions, of the system and of the schemas that Supabase keeps for itself.
-- Safe to repeat: a type that has a row, whoever wrote it, is left as it is; a type made since is added.
-- Inverse: rollback/enum_inventory.sql

INSERT INTO public.v7_enum_migrations (
    current_enum_name, current_enum_values, v7_enum_name, v7_enum_values, affected_tables, affected_columns
)
SELECT found.name, found.labels, found.name, found.labels, found.tables, found.columns
FROM (
    SELECT
        -- The column holds 100 characters; a type's name and its schema's may have 63 bytes each.
        left(CASE WHEN n.nspname = 'public' THEN t.typname ELSE n.nspname || '.' || t.typname END, 100) AS name,
        (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
           FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid) AS labels,
        coalesce(uses.tables, '{}') AS tables,
        coalesce(uses.columns, '{}') AS columns
    FROM pg_catalog.pg_type t
    JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    LEFT JOIN LATERAL (
        SELECT array_agg(one.name ORDER BY one.name) AS tables, jsonb_object_agg(one.name, one.columns) AS columns
        FROM (
            SELECT left(CASE WHEN cn.nspname = 'public' THEN c.relname ELSE cn.nspname || '.' || c.relname END, 100) AS name,
                   jsonb_agg(a.attname ORDER BY a.attname) AS columns
            FROM pg_catalog.pg_attribute a
            JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'f')
            JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
            WHERE a.atttypid IN (t.oid, t.typarray) AND a.attnum > 0 AND NOT a.attisdropped
            GROUP BY 1
        ) AS one
    ) AS uses ON true
    WHERE t.typtype = 'e'
      AND n.nspname !~ '^pg_'
      AND n.nspname NOT IN (
          'information_schema', 'auth', 'storage', 'realtime', '_realtime', '_analytics', 'supabase_functions',
          'supabase_migrations', 'graphql', 'graphql_public', 'vault', 'pgsodium', 'pgbouncer', 'net', 'cron', 'extensions')
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_depend d
          WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.objid = t.oid AND d.deptype = 'e')
) AS found
-- A type without a value has nothing to be mapped.
WHERE found.labels IS NOT NULL
  AND NOT EXISTS (SELECT FROM public.v7_enum_migrations known WHERE known.current_enum_name = found.name)
ORDER BY found.name;
