import type { Client } from "pg";

/**
 * The statements that make these schemas' tables, views, functions and privileges again, written as pg_dump writes them:
 * every definition is the server's own text of it, with an empty search_path, and is parsed again.
 *
 * A stand-in for pg_dump, which the packages of PostgreSQL that the tests start do not have. Covers what the directive and
 * the fixtures use, and no more.
 */
export async function dumpStatements(
  client: Client,
  schemas: readonly string[],
): Promise<string[]> {
  await client.query("SET search_path = ''");
  const statements: string[] = [];
  for (const part of PARTS) {
    const { rows } = await client.query<{ statement: string }>(part, [schemas]);
    statements.push(...rows.map(({ statement }) => statement));
  }
  await client.query("RESET search_path");
  return statements;
}

/** The relations of the schemas; `jobs`, with its ENUM type and identity, is more than this dump supports. */
const OURS = `(SELECT c.*, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY ($1) AND c.relname NOT LIKE 'jobs%' AND c.relkind IN ('r', 'v')) c`;

const PARTS: readonly string[] = [
  `SELECT format('CREATE SCHEMA %I AUTHORIZATION %I', nspname, pg_get_userbyid(nspowner)) AS statement
     FROM pg_namespace WHERE nspname = ANY ($1) AND nspname <> 'public'`,
  `SELECT pg_get_functiondef(f.oid) AS statement FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
    WHERE n.nspname = ANY ($1) AND f.prokind = 'f'`,
  `SELECT format('CREATE TABLE %I.%I (%s)', c.nspname, c.relname, string_agg(
            format('%I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
              ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END),
            ', ' ORDER BY a.attnum)) AS statement
     FROM ${OURS} JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relkind = 'r' GROUP BY c.nspname, c.relname`,
  `SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid)) AS statement
     FROM pg_constraint k JOIN ${OURS} ON k.conrelid = c.oid AND k.contype <> 'n'
    ORDER BY k.contype = 'f'`,
  `SELECT pg_get_indexdef(i.indexrelid) AS statement FROM pg_index i JOIN ${OURS} ON i.indrelid = c.oid
      AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)`,
  `SELECT format('CREATE VIEW %I.%I AS %s', c.nspname, c.relname, pg_get_viewdef(c.oid)) AS statement
     FROM ${OURS} WHERE c.relkind = 'v'`,
  `SELECT pg_get_triggerdef(t.oid) AS statement FROM pg_trigger t JOIN ${OURS} ON t.tgrelid = c.oid AND NOT t.tgisinternal`,
  `SELECT format('ALTER %s %I.%I OWNER TO %I', CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, c.nspname, c.relname,
            pg_get_userbyid(c.relowner)) AS statement
     FROM ${OURS}`,
  `SELECT format('ALTER FUNCTION %s OWNER TO %I; REVOKE ALL ON FUNCTION %1$s FROM PUBLIC', f.oid::regprocedure, pg_get_userbyid(f.proowner)) AS statement
     FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace WHERE n.nspname = ANY ($1) AND n.nspname <> 'public'`,
  `SELECT format('COMMENT ON %s IS %L', CASE d.classoid WHEN 'pg_namespace'::regclass THEN 'SCHEMA ' || d.objoid::regnamespace
            ELSE 'TABLE ' || d.objoid::regclass END, d.description) AS statement
     FROM pg_description d WHERE (d.classoid = 'pg_namespace'::regclass AND d.objoid IN (SELECT oid FROM pg_namespace WHERE nspname = 'v7_control'))
       OR (d.classoid = 'pg_class'::regclass AND d.objoid IN (SELECT c.oid FROM ${OURS}))`,
  `SELECT format('REVOKE ALL ON TABLE %s FROM PUBLIC, %I', c.oid::regclass, pg_get_userbyid(c.relowner)) AS statement
     FROM ${OURS} WHERE c.relacl IS NOT NULL`,
  `SELECT format('GRANT %s ON TABLE %s TO %s', a.privilege_type, c.oid::regclass,
            CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END) AS statement
     FROM ${OURS} CROSS JOIN aclexplode(c.relacl) a
    -- 17 and newer; an older server refuses the word.
    WHERE a.privilege_type <> 'MAINTAIN'`,
  `SELECT format('GRANT %s (%I) ON TABLE %s TO %I', a.privilege_type, t.attname, c.oid::regclass, pg_get_userbyid(a.grantee)) AS statement
     FROM ${OURS} JOIN pg_attribute t ON t.attrelid = c.oid CROSS JOIN aclexplode(t.attacl) a`,
  `SELECT format('GRANT %s ON SCHEMA %I TO %I', a.privilege_type, n.nspname, pg_get_userbyid(a.grantee)) AS statement
     FROM pg_namespace n CROSS JOIN aclexplode(n.nspacl) a WHERE n.nspname = ANY ($1) AND a.grantee <> 0
      AND pg_get_userbyid(a.grantee) LIKE 'v7%'`,
];
