/**
 * Queries for what Supabase's linter (splinter) looks for, with its names and levels. Written from its documentation,
 * https://supabase.com/docs/guides/database/database-linter, not copied: each query has the condition that a lint
 * describes, and gives one column, `object`. Lints of Auth, Storage, Realtime, pgmq, pg_graphql and performance are left
 * out, because V7 has no objects there or because they are not about access.
 *
 * "Exposed" means that the Data API shows it: one of its roles may SELECT.
 */
const EXPOSED = `(has_table_privilege('anon', c.oid, 'SELECT') OR has_table_privilege('authenticated', c.oid, 'SELECT'))`;
const RELATIONS = `pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace`;
const OBJECT = `n.nspname || '.' || c.relname AS object`;
const NOT_SYSTEM = `n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'auth', 'storage', 'extensions')`;

export interface Lint {
  readonly name: string;
  readonly level: "ERROR" | "WARN" | "INFO";
  readonly query: string;
  /** Something that it must find: without this, finding nothing would mean nothing. */
  readonly specimen: string;
}

export const LINTS: readonly Lint[] = [
  {
    name: "0007_policy_exists_rls_disabled",
    level: "ERROR",
    query: `SELECT DISTINCT ${OBJECT} FROM ${RELATIONS} JOIN pg_policy p ON p.polrelid = c.oid
             WHERE c.relkind = 'r' AND NOT c.relrowsecurity AND ${NOT_SYSTEM}`,
    specimen:
      "CREATE TABLE specimen (id int PRIMARY KEY); CREATE POLICY p ON specimen USING (true)",
  },
  {
    name: "0010_security_definer_view",
    level: "ERROR",
    query: `SELECT ${OBJECT} FROM ${RELATIONS} WHERE c.relkind = 'v' AND ${NOT_SYSTEM} AND ${EXPOSED}
              AND NOT EXISTS (SELECT FROM pg_options_to_table(c.reloptions)
                               WHERE option_name = 'security_invoker' AND option_value::boolean)`,
    specimen: "CREATE VIEW specimen AS SELECT 1 AS n; GRANT SELECT ON specimen TO anon",
  },
  {
    name: "0013_rls_disabled_in_public",
    level: "ERROR",
    query: `SELECT ${OBJECT} FROM ${RELATIONS}
             WHERE c.relkind = 'r' AND n.nspname = 'public' AND NOT c.relrowsecurity AND ${EXPOSED}`,
    specimen:
      "CREATE TABLE specimen (id int PRIMARY KEY); GRANT SELECT ON specimen TO authenticated",
  },
  {
    name: "0023_sensitive_columns_exposed",
    level: "ERROR",
    query: `SELECT DISTINCT ${OBJECT} FROM ${RELATIONS} JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
             WHERE c.relkind = 'r' AND ${NOT_SYSTEM} AND NOT c.relrowsecurity AND ${EXPOSED}
               AND a.attname ~ '(passw|secret|api_key|token|jwt|otp|ssn|credit_card|cvv|iban|certificate|fingerprint)'`,
    specimen:
      "CREATE TABLE specimen (id int PRIMARY KEY, api_key text); GRANT SELECT ON specimen TO anon",
  },
  {
    name: "0006_multiple_permissive_policies",
    level: "WARN",
    query: `SELECT ${OBJECT} FROM ${RELATIONS} JOIN pg_policy p ON p.polrelid = c.oid
              JOIN pg_roles r ON r.oid = ANY (p.polroles) OR p.polroles = '{0}'
             CROSS JOIN LATERAL unnest(CASE p.polcmd WHEN '*' THEN '{r,a,w,d}'::"char"[] ELSE ARRAY[p.polcmd] END) command
             WHERE p.polpermissive AND NOT r.rolbypassrls AND r.rolname !~ '^pg_' AND ${NOT_SYSTEM}
             GROUP BY n.nspname, c.relname, r.rolname, command HAVING count(*) > 1`,
    specimen: `CREATE TABLE specimen (id int PRIMARY KEY); ALTER TABLE specimen ENABLE ROW LEVEL SECURITY;
      CREATE POLICY a ON specimen TO anon USING (true); CREATE POLICY b ON specimen FOR SELECT TO anon USING (true)`,
  },
  {
    name: "0011_function_search_path_mutable",
    level: "WARN",
    query: `SELECT n.nspname || '.' || f.proname AS object FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
             WHERE ${NOT_SYSTEM} AND NOT EXISTS (SELECT FROM unnest(f.proconfig) s WHERE s LIKE 'search_path=%')`,
    specimen: "CREATE FUNCTION specimen() RETURNS int LANGUAGE sql AS 'SELECT 1'",
  },
  {
    name: "0024_permissive_rls_policy",
    level: "WARN",
    query: `SELECT DISTINCT ${OBJECT} FROM ${RELATIONS} JOIN pg_policy p ON p.polrelid = c.oid
             WHERE c.relrowsecurity AND p.polpermissive AND ${NOT_SYSTEM}
               AND (p.polroles = '{0}' OR EXISTS (SELECT FROM pg_roles r
                     WHERE r.oid = ANY (p.polroles) AND r.rolname IN ('anon', 'authenticated')))
               AND 'true' IN (pg_get_expr(p.polqual, c.oid), pg_get_expr(p.polwithcheck, c.oid))`,
    specimen: `CREATE TABLE specimen (id int PRIMARY KEY); ALTER TABLE specimen ENABLE ROW LEVEL SECURITY;
      CREATE POLICY a ON specimen USING (true)`,
  },
  {
    name: "0028_anon_security_definer_function_executable, 0029 for authenticated",
    level: "WARN",
    query: `SELECT n.nspname || '.' || f.proname AS object FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
             WHERE f.prosecdef AND ${NOT_SYSTEM} AND (has_function_privilege('anon', f.oid, 'EXECUTE')
                OR has_function_privilege('authenticated', f.oid, 'EXECUTE'))`,
    specimen: "CREATE FUNCTION specimen() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
  },
  {
    name: "0004_no_primary_key",
    level: "INFO",
    query: `SELECT ${OBJECT} FROM ${RELATIONS} WHERE c.relkind = 'r' AND ${NOT_SYSTEM}
              AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)`,
    specimen: "CREATE TABLE specimen (id int)",
  },
  {
    name: "0008_rls_enabled_no_policy",
    level: "INFO",
    query: `SELECT ${OBJECT} FROM ${RELATIONS} WHERE c.relkind = 'r' AND c.relrowsecurity AND ${NOT_SYSTEM}
              AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)`,
    specimen:
      "CREATE TABLE specimen (id int PRIMARY KEY); ALTER TABLE specimen ENABLE ROW LEVEL SECURITY",
  },
];
