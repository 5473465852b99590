import { BY_INDEX } from "./byIndex";
import { OWNERS_PRIVILEGES, SERVERS_OWN, sqlList } from "./known";

/**
 * The queries of the access snapshot. Parameters, names as name[]: $1 schemas of ours, $2, $3 relations of ours (schemas,
 * names), $4 schemas of others, $5, $6 relations of others, $7, $8, $9 columns of ours on them (schema, table, column),
 * $10, $11 functions of ours, $12 our roles, $13 the expected owner.
 *
 * As in the snapshot's query, names are resolved first and by index; nothing of other tables is read.
 */
const GRANTEE = "CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END";
const PRIVILEGE = "a.privilege_type || CASE WHEN a.is_grantable THEN '*' ELSE '' END";

/** On what is ours everybody counts but the owner; on what is not, our roles, and PUBLIC where it may write. */
const COUNTS = (isOwn: string, owner: string): string => `(
  (${isOwn} AND a.grantee <> ${owner}) OR (NOT ${isOwn} AND (pg_get_userbyid(a.grantee) = ANY ($12::text[])
      OR (a.grantee = 0 AND a.privilege_type NOT IN ('USAGE', 'SELECT')))))
  AND (a.grantee = 0 OR pg_get_userbyid(a.grantee) <> $13)`;

/** What the owner took from itself: it can give it back, and until then foreign keys and the runner fail. */
const OWNER_LACKS = (key: string, from: string, kind: "n" | "r", owner: string, acl: string) => `
    SELECT ${key} AS key, '<owner> lacks' AS grantee, a.privilege_type AS privilege, ${owner} AS grantor
      FROM ${from} CROSS JOIN LATERAL aclexplode(acldefault('${kind}', ${owner})) a
     WHERE ${acl} IS NOT NULL AND a.grantee = ${owner} AND a.privilege_type IN (${sqlList(OWNERS_PRIVILEGES)})
       AND NOT EXISTS (SELECT FROM aclexplode(${acl}) have
                        WHERE have.grantee = ${owner} AND have.privilege_type = a.privilege_type)`;

const NAMED = `own_schemas AS MATERIALIZED (
  SELECT n.* FROM pg_namespace n
  WHERE n.nspname = ANY ($1::name[])
), found AS (
  SELECT c.oid, true AS own FROM unnest($2::name[], $3::name[]) AS named(schema, name)
  JOIN pg_namespace n ON n.nspname = named.schema
  ${BY_INDEX("pg_class", "c", "c.relname = named.name AND c.relnamespace = n.oid")}
  UNION
  SELECT d.objid, true FROM own_schemas n
  ${BY_INDEX("pg_depend", "d", "d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid AND d.classid = 'pg_class'::regclass")}
  UNION
  SELECT c.oid, false FROM unnest($5::name[], $6::name[]) AS named(schema, name)
  JOIN pg_namespace n ON n.nspname = named.schema
  ${BY_INDEX("pg_class", "c", "c.relname = named.name AND c.relnamespace = n.oid")}
), relations AS MATERIALIZED (
  SELECT c.oid, c.relname, c.relowner, c.relacl, n.nspname, f.own, n.nspname || '.' || c.relname AS qualified
  FROM found f ${BY_INDEX("pg_class", "c", "c.oid = f.oid")} JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
), functions AS MATERIALIZED (
  SELECT f.oid FROM unnest($10::name[], $11::name[]) AS named(schema, name)
  JOIN pg_namespace n ON n.nspname = named.schema
  JOIN pg_proc f ON f.proname = named.name AND f.pronamespace = n.oid
)`;

/** Rows of (key, grantee, privilege, grantor): who may do what, and who said so. */
export const PRIVILEGES = `WITH ${NAMED}
  SELECT key, grantee, privilege, pg_get_userbyid(grantor) AS grantor FROM (
    SELECT 'privileges schema ' || n.nspname AS key, ${GRANTEE} AS grantee, ${PRIVILEGE} AS privilege, a.grantor
      FROM (SELECT nspname, nspowner, nspacl, true AS own FROM own_schemas
            UNION SELECT nspname, nspowner, nspacl, false FROM pg_namespace WHERE nspname = ANY ($4::name[])) n
     CROSS JOIN LATERAL aclexplode(n.nspacl) a
     WHERE ${COUNTS("n.own", "n.nspowner")}
    UNION ALL
    SELECT 'privileges table ' || r.qualified, ${GRANTEE}, ${PRIVILEGE}, a.grantor
      FROM relations r CROSS JOIN LATERAL aclexplode(r.relacl) a
     WHERE ${COUNTS("r.own", "r.relowner")}
    UNION ALL
    SELECT 'privileges column ' || r.qualified || '.' || t.attname, ${GRANTEE}, ${PRIVILEGE}, a.grantor
      FROM relations r ${BY_INDEX("pg_attribute", "t", "t.attrelid = r.oid AND NOT t.attisdropped")}
     CROSS JOIN LATERAL aclexplode(t.attacl) a
     WHERE ${COUNTS(
       `(r.own OR (r.nspname, r.relname, t.attname) IN
          (SELECT * FROM unnest($7::name[], $8::name[], $9::name[])))`,
       "r.relowner",
     )}
    UNION ALL
    SELECT 'privileges function ' || n.nspname || '.' || f.proname, ${GRANTEE}, ${PRIVILEGE}, a.grantor
      FROM functions w JOIN pg_proc f ON f.oid = w.oid JOIN pg_namespace n ON n.oid = f.pronamespace
     CROSS JOIN LATERAL aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a
     WHERE a.grantee <> f.proowner
    UNION ALL ${OWNER_LACKS("'privileges schema ' || n.nspname", "own_schemas n", "n", "n.nspowner", "n.nspacl")}
    UNION ALL ${OWNER_LACKS("'privileges table ' || r.qualified", "relations r", "r", "r.relowner", "r.relacl")}
       AND r.own
    UNION ALL
    -- Default privileges of our schemas, of our roles, or for our roles. What others have set for others is theirs.
    SELECT 'default privileges of ' || pg_get_userbyid(p.defaclrole)
           || coalesce(' in schema ' || n.nspname, '') || ' on ' || CASE p.defaclobjtype WHEN 'r' THEN 'tables'
             WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas'
             ELSE 'large objects' END, ${GRANTEE}, ${PRIVILEGE}, a.grantor
      FROM pg_default_acl p LEFT JOIN pg_namespace n ON n.oid = p.defaclnamespace
     CROSS JOIN LATERAL aclexplode(p.defaclacl) a
     WHERE n.nspname = ANY ($1::name[]) OR n.nspname = 'v7_archive'
        OR pg_get_userbyid(p.defaclrole) = ANY ($12::text[])
        OR (a.grantee <> 0 AND pg_get_userbyid(a.grantee) = ANY ($12::text[]))
  ) found ORDER BY key, grantee, privilege`;

/**
 * A membership, as PostgreSQL's words say it: `*` where it may be given on, and the options of PostgreSQL 16 where they are
 * off; before 16 the member's own INHERIT decides. Several grants of one membership (by several grantors) count as one.
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
