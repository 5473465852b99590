import { BY_INDEX } from "./kinds/sql";
import { OWNERS_PRIVILEGES, SERVERS_OWN, sqlList } from "./known";

/**
 * The queries of the access snapshot. Parameters: $1 the directives' schemas; $2 to $6 other objects, as parallel lists: the
 * type, schema, name (a function's without arguments), whole name, and whether the directives made it; $7 schemas of others;
 * $8, $9, $10 columns that the directives added to tables of others (schema, table, column); $11 our roles; $12 the expected
 * owner; $13, $14 schemas and names of renamed objects, which belong to others in any schema.
 *
 * Names are looked up first and by index, so that rows of other tables are not read.
 */
const GRANTEE = "CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END";
const PRIVILEGE = "a.privilege_type || CASE WHEN a.is_grantable THEN '*' ELSE '' END";

/** Which privileges are read: on own objects those of everybody but the owner; on others our roles', and PUBLIC's to write. */
const COUNTS = (isOwn: string, owner: string): string => `(
  (${isOwn} AND a.grantee <> ${owner}) OR (NOT ${isOwn} AND (pg_get_userbyid(a.grantee) = ANY ($11::text[])
      OR (a.grantee = 0 AND a.privilege_type NOT IN ('USAGE', 'SELECT', 'EXECUTE')))))
  AND (a.grantee = 0 OR pg_get_userbyid(a.grantee) <> $12)`;

/** The object type's letter for acldefault(). */
const LETTER = `(CASE o.type WHEN 'schema' THEN 'n' WHEN 'table' THEN 'r' WHEN 'sequence' THEN 's'
  WHEN 'function' THEN 'f' ELSE 'T' END)::"char"`;

const NAMED = `own_schemas AS MATERIALIZED (
  SELECT n.* FROM pg_namespace n
  WHERE n.nspname = ANY ($1::name[])
), named AS MATERIALIZED (
  SELECT one.*, n.oid AS namespace
    FROM unnest($2::text[], $3::name[], $4::name[], $5::text[], $6::boolean[]) AS one(type, schema, base, name, own)
    JOIN pg_namespace n ON n.nspname = one.schema
), found AS (
  SELECT c.oid, m.own FROM named m
  ${BY_INDEX("pg_class", "c", "c.relname = m.base AND c.relnamespace = m.namespace")}
  WHERE m.type IN ('table', 'sequence')
  UNION
  SELECT d.objid, true FROM own_schemas n
  ${BY_INDEX("pg_depend", "d", "d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid AND d.classid = 'pg_class'::regclass")}
  ${BY_INDEX("pg_class", "c", "c.oid = d.objid")}
  WHERE (n.nspname, c.relname) NOT IN (SELECT * FROM unnest($13::name[], $14::name[]))
), relations AS MATERIALIZED (
  SELECT c.oid, c.relname, c.relkind, c.relowner, c.relacl, n.nspname, f.own, n.nspname || '.' || c.relname AS qualified
  FROM found f ${BY_INDEX("pg_class", "c", "c.oid = f.oid")} JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
), objects AS MATERIALIZED (
  SELECT 'schema' AS type, nspname::text AS name, nspowner AS owner, nspacl AS acl, own
    FROM (SELECT nspname, nspowner, nspacl, true AS own FROM own_schemas
          UNION SELECT nspname, nspowner, nspacl, false FROM pg_namespace WHERE nspname = ANY ($7::name[])) n
  UNION ALL
  SELECT CASE r.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, r.qualified, r.relowner, r.relacl, r.own FROM relations r
  UNION ALL
  SELECT m.type, m.schema || '.' || m.name, f.proowner, coalesce(f.proacl, acldefault('f', f.proowner)), m.own
    FROM named m ${BY_INDEX("pg_proc", "f", "f.proname = m.base AND f.pronamespace = m.namespace")}
   WHERE m.type = 'function' AND quote_ident(f.proname) || '(' || oidvectortypes(f.proargtypes) || ')' = m.name
  UNION ALL
  SELECT m.type, m.schema || '.' || m.name, t.typowner, coalesce(t.typacl, acldefault('T', t.typowner)), m.own
    FROM named m ${BY_INDEX("pg_type", "t", "t.typname = m.base AND t.typnamespace = m.namespace")}
   WHERE m.type = 'type'
)`;

/** Rows of (key, grantee, privilege, grantor). */
export const PRIVILEGES = `WITH ${NAMED}
  SELECT key, grantee, privilege, pg_get_userbyid(grantor) AS grantor FROM (
    SELECT 'privileges ' || o.type || ' ' || o.name AS key, ${GRANTEE} AS grantee, ${PRIVILEGE} AS privilege, a.grantor
      FROM objects o CROSS JOIN LATERAL aclexplode(o.acl) a
     WHERE ${COUNTS("o.own", "o.owner")}
    UNION ALL
    SELECT 'privileges column ' || r.qualified || '.' || t.attname, ${GRANTEE}, ${PRIVILEGE}, a.grantor
      FROM relations r ${BY_INDEX("pg_attribute", "t", "t.attrelid = r.oid AND NOT t.attisdropped")}
     CROSS JOIN LATERAL aclexplode(t.attacl) a
     WHERE ${COUNTS(
       `(r.own OR (r.nspname, r.relname, t.attname) IN
          (SELECT * FROM unnest($8::name[], $9::name[], $10::name[])))`,
       "r.relowner",
     )}
    UNION ALL
    -- Privileges that the owner has revoked from itself: until it grants them again, foreign keys and the runner fail.
    SELECT 'privileges ' || o.type || ' ' || o.name, '<owner> lacks', a.privilege_type, o.owner
      FROM objects o CROSS JOIN LATERAL aclexplode(acldefault(${LETTER}, o.owner)) a
     WHERE o.own AND o.acl IS NOT NULL AND a.grantee = o.owner AND a.privilege_type IN (${sqlList(OWNERS_PRIVILEGES)})
       AND NOT EXISTS (SELECT FROM aclexplode(o.acl) have
                        WHERE have.grantee = o.owner AND have.privilege_type = a.privilege_type)
    UNION ALL
    -- Default privileges in our schemas, of our roles, or for our roles; no others.
    SELECT 'default privileges of ' || pg_get_userbyid(p.defaclrole)
           || coalesce(' in schema ' || n.nspname, '') || ' on ' || CASE p.defaclobjtype WHEN 'r' THEN 'tables'
             WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas'
             ELSE 'large objects' END, ${GRANTEE}, ${PRIVILEGE}, a.grantor
      FROM pg_default_acl p LEFT JOIN pg_namespace n ON n.oid = p.defaclnamespace
     CROSS JOIN LATERAL aclexplode(p.defaclacl) a
     WHERE n.nspname = ANY ($1::name[]) OR n.nspname = 'v7_archive'
        OR pg_get_userbyid(p.defaclrole) = ANY ($11::text[])
        OR (a.grantee <> 0 AND pg_get_userbyid(a.grantee) = ANY ($11::text[]))
  ) found ORDER BY key, grantee, privilege`;

/**
 * Memberships as a list of names: with `*` for the ADMIN option, and PostgreSQL 16's INHERIT and SET options where they are
 * off; before 16 the member's own INHERIT decides. Grants of one membership by several grantors count as one.
 */
const MEMBERSHIPS = (name: string, where: string): string => `(
  SELECT coalesce(jsonb_agg(entry ORDER BY entry), '[]') FROM (
    SELECT pg_get_userbyid(${name}) || CASE WHEN bool_or(m.admin_option) THEN '*' ELSE '' END
        || CASE WHEN bool_or(coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, i.rolinherit)) THEN '' ELSE ' without INHERIT' END
        || CASE WHEN bool_or(coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)) THEN '' ELSE ' without SET' END AS entry
      FROM pg_auth_members m JOIN pg_roles i ON i.oid = m.member WHERE ${where} GROUP BY ${name}) entries)`;

/** Rows of (key, value): our roles ($1) and their logins ($2), without the owners ($3) among the members. */
export const ROLES = `
  SELECT CASE WHEN r.rolname = ANY ($1::text[]) THEN 'role ' ELSE 'login ' END || r.rolname AS key,
    jsonb_build_object('login', r.rolcanlogin, 'superuser', r.rolsuper,
    'createRole', r.rolcreaterole, 'createDatabase', r.rolcreatedb, 'inherit', r.rolinherit,
    'replication', r.rolreplication, 'bypassRowSecurity', r.rolbypassrls,
    'members', ${MEMBERSHIPS("m.member", "m.roleid = r.oid AND pg_get_userbyid(m.member) <> ALL ($3::text[])")},
    'memberOf', ${MEMBERSHIPS("m.roleid", "m.member = r.oid")})
    || jsonb_strip_nulls(jsonb_build_object('connectionLimit', nullif(r.rolconnlimit, -1),
      'validUntil', CASE WHEN r.rolvaliduntil < 'infinity' THEN r.rolvaliduntil::text END,
      'settings', (SELECT jsonb_agg(coalesce(d.datname || ': ', '') || one ORDER BY d.datname, one)
                     FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase
                    CROSS JOIN LATERAL unnest(s.setconfig) one WHERE s.setrole = r.oid AND one !~ '${SERVERS_OWN}'))) AS value
  FROM pg_roles r WHERE r.rolname = ANY ($1::text[] || $2::text[])`;
