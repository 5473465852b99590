import { SERVERS_OWN } from "../known";

// Building blocks of the queries on the catalog: each gives SQL.

/**
 * Joins rows of a catalog to the row before them by index, whatever the planner estimates: on a hosted server the catalog's
 * own statistics may be old, and a hash join would read the rows of all tables.
 */
export const BY_INDEX = (catalog: string, alias: string, condition: string): string =>
  `CROSS JOIN LATERAL (SELECT * FROM ${catalog} ${alias} WHERE ${condition} OFFSET 0) ${alias}`;

/** The schemas that are described, as `n`; the session's own temporary schema has the name pg_temp. */
export const NAMESPACES = `namespaces AS MATERIALIZED (
  SELECT n.*, CASE n.oid WHEN pg_my_temp_schema() THEN 'pg_temp' ELSE n.nspname::text END AS schema
    FROM pg_namespace n
   WHERE n.oid = pg_my_temp_schema()
      OR (n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname !~ '^pg_(toast_)?temp_')
)`;

/**
 * Whether an object is not a member of an extension. A subquery for each remaining row: a join would read the dependencies
 * of all tables.
 */
export const IS_NO_MEMBER = (catalog: string, oid: string): string =>
  `((SELECT true FROM pg_depend member WHERE member.classid = ${catalog} AND member.objid = ${oid} AND member.deptype = 'e' LIMIT 1) IS NULL)`;

/** Whether an object was made after initdb, which uses the lower numbers. The condition is answered by an index. */
export const IS_MADE_LATER = (oid: string): string => `${oid} >= 16384`;

/** The catalog's rows in the described schemas; the schema is `n`. */
export const IN_SCHEMA = (catalog: string, alias: string, namespace: string): string =>
  `${catalog} ${alias} JOIN namespaces n ON n.oid = ${alias}.${namespace} AND ${IS_MADE_LATER(`${alias}.oid`)}`;

/** A role's name; `<superuser>` for the bootstrap superuser, whose name differs from server to server. */
export const ROLE = (oid: string): string =>
  `CASE ${oid} WHEN 10 THEN '<superuser>' ELSE pg_get_userbyid(${oid})::text END`;

/** Whether the OID is one of those in $1. */
export const AMONG = (oid: string): string => `${oid} = ANY ($1::oid[])`;

/** A list whose entries are added and removed one by one. */
export const ATOMS = (from: string, entry: string): string =>
  `(SELECT jsonb_agg(${entry} ORDER BY ${entry}) FROM ${from})`;

/** A list of options, without those that the server sets itself (`pg_…`). */
export const OPTIONS = (column: string): string =>
  `CASE WHEN ${column} IS NOT NULL THEN ${ATOMS(`unnest(${column}) o WHERE o !~ '${SERVERS_OWN}'`, "o")} END`;

/** Replaces a part of a text. Nothing is replaced where the part occurs twice, as one may be in a user's own text. */
export const REPLACE_ONCE = (text: string, part: string, to: string): string =>
  `CASE WHEN length(${text}) - length(replace(${text}, ${part}, '')) = length(${part}) THEN replace(${text}, ${part}, ${to}) ELSE ${text} END`;

/** The word for a one-letter code; null for a letter that is not listed, the usual value. */
export const WORD = (column: string, words: Readonly<Record<string, string>>): string =>
  `CASE ${column}::text ${Object.entries(words)
    .map(([letter, word]) => `WHEN '${letter}' THEN '${word}'`)
    .join(" ")} END`;

/** A routine's signature; null where the OID is 0. */
export const ROUTINE = (column: string): string =>
  `CASE WHEN ${column} <> 0 THEN ${column}::oid::regprocedure::text END`;

export const NAME_OF = (catalog: string, name: string, oid: string): string =>
  `(SELECT x.${name}::text FROM ${catalog} x WHERE x.oid = ${oid})`;

/** A column that not every major has; null where it does not exist. */
export const OPTIONAL_COLUMN = (alias: string, column: string): string =>
  `(to_jsonb(${alias}) ->> '${column}')`;

/**
 * The functions, operators, casts, collations and operator classes that the row `bound_oid` of `bound_class` depends on. A
 * definition's text does not show all of them: an operator behind DISTINCT, a cast's function. Built-in ones are not listed,
 * as PostgreSQL does not record these dependencies; an extension's are left out, too.
 */
export const BOUND_TO = `CASE WHEN bound_oid IS NOT NULL THEN ${ATOMS(
  `(SELECT DISTINCT i.identity FROM pg_depend b
     CROSS JOIN LATERAL pg_identify_object(b.refclassid, b.refobjid, 0) i
     WHERE b.classid = bound_class AND b.objid = bound_oid AND b.refclassid IN ('pg_proc'::regclass,
       'pg_operator'::regclass, 'pg_cast'::regclass, 'pg_collation'::regclass, 'pg_opclass'::regclass, 'pg_opfamily'::regclass)
       AND NOT EXISTS (SELECT FROM pg_depend e
                        WHERE e.classid = b.refclassid AND e.objid = b.refobjid AND e.deptype = 'e')) bound`,
  "bound.identity",
)} END`;

/** The comment on the object `oid` of `class`, or on its column `sub`, in the catalog `comments`. */
export const COMMENT = `CASE comments
  WHEN 'pg_description' THEN (SELECT x.description FROM pg_description x WHERE x.objoid = oid AND x.classoid = class AND x.objsubid = sub)
  WHEN 'pg_shdescription' THEN (SELECT x.description FROM pg_shdescription x WHERE x.objoid = oid AND x.classoid = class) END`;

/** PUBLIC's privileges where the access control list is null: https://www.postgresql.org/docs/18/ddl-priv.html#PRIVILEGES-SUMMARY-TABLE */
const TO_PUBLIC = `CASE letter WHEN 'f' THEN '["PUBLIC=EXECUTE"]' WHEN 'T' THEN '["PUBLIC=USAGE"]' WHEN 'l' THEN '["PUBLIC=USAGE"]'
  WHEN 'd' THEN '["PUBLIC=CONNECT", "PUBLIC=TEMPORARY"]' ELSE '[]' END::jsonb`;

const GRANTS = `(SELECT CASE e.grantee WHEN 0 THEN 'PUBLIC' WHEN acl_owner THEN '<owner>' ELSE ${ROLE("e.grantee")} END AS grantee,
    CASE WHEN e.is_grantable THEN '*' ELSE '' END || CASE e.grantor WHEN acl_owner THEN '' ELSE ' by ' || ${ROLE("e.grantor")} END AS how,
    count(*) = CASE letter WHEN 'c' THEN 4 ELSE (SELECT count(*) FROM aclexplode(acldefault(letter, 10::oid)) d WHERE d.grantee = 10) END AS is_all,
    array_agg(e.privilege_type) AS words
  FROM aclexplode(acl) e GROUP BY e.grantee, e.is_grantable, e.grantor) g
  CROSS JOIN unnest(CASE WHEN g.is_all AND cardinality(g.words) > 1 THEN ARRAY['ALL'] ELSE g.words END) p(word)`;

/**
 * Privileges as a list of `role=SELECT`, with `*` for the grant option, from `acl`, its `letter` and `acl_owner`. All privileges
 * that the server knows are `ALL`, so that majors with and without MAINTAIN compare equal; where there is only one, such as
 * EXECUTE, it has its own name. An owner with all privileges is left out; one with none is `<owner>=NONE`, unless the list
 * `adds` to another one.
 */
export const PRIVILEGES = `CASE WHEN letter IS NULL THEN NULL WHEN acl IS NULL THEN ${TO_PUBLIC}
  ELSE coalesce(${ATOMS(`${GRANTS} WHERE NOT (g.grantee = '<owner>' AND g.is_all)`, "g.grantee || '=' || p.word || g.how")}, '[]')
    || CASE WHEN adds OR EXISTS (SELECT FROM aclexplode(acl) e WHERE e.grantee = acl_owner) THEN '[]' ELSE '["<owner>=NONE"]' END::jsonb END`;
