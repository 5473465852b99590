import { SERVERS_OWN } from "../known";

// What the kinds' query parts are made of: each gives an SQL expression.

/** The schemas that are described, as `n`; the session's own temporary one goes by the name that it goes by in SQL. */
export const NAMESPACES = `namespaces AS MATERIALIZED (
  SELECT n.*, CASE n.oid WHEN pg_my_temp_schema() THEN 'pg_temp' ELSE n.nspname::text END AS schema
    FROM pg_namespace n
   WHERE n.oid = pg_my_temp_schema()
      OR (n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname !~ '^pg_(toast_)?temp_')
)`;

/**
 * Not an extension's: what is, is the extension's to describe. As a question of its own for each row that is left: as a
 * join it reads what is known of every table.
 */
export const IS_NO_MEMBER = (catalog: string, oid: string): string =>
  `((SELECT true FROM pg_depend member WHERE member.classid = '${catalog}'::regclass AND member.objid = ${oid} AND member.deptype = 'e' LIMIT 1) IS NULL)`;

/**
 * What an object is bound to besides tables: functions, operators, casts, collations, operator classes that somebody made.
 * Built-in ones are never listed (PostgreSQL does not record them), an extension's are part of its type. Texts name the
 * same, but not what a text leaves out: an operator behind DISTINCT, a cast function.
 */
export const BOUND_TO = (catalog: string, oid: string): string =>
  ATOMS(
    `(SELECT DISTINCT i.identity FROM pg_depend b
       CROSS JOIN LATERAL pg_identify_object(b.refclassid, b.refobjid, 0) i
       WHERE b.classid = '${catalog}'::regclass AND b.objid = ${oid} AND b.refclassid IN ('pg_proc'::regclass,
         'pg_operator'::regclass, 'pg_cast'::regclass, 'pg_collation'::regclass, 'pg_opclass'::regclass, 'pg_opfamily'::regclass)
         AND NOT EXISTS (SELECT FROM pg_depend e
                          WHERE e.classid = b.refclassid AND e.objid = b.refobjid AND e.deptype = 'e')) bound`,
    "bound.identity",
  );

/** The numbers below are those of what initdb makes: an index leaves that out. */
export const IS_MADE_LATER = (oid: string): string => `${oid} >= 16384`;

/** The catalog's rows in the described schemas, which are `n`. */
export const IN_SCHEMA = (catalog: string, alias: string, namespace: string): string =>
  `${catalog} ${alias} JOIN namespaces n ON n.oid = ${alias}.${namespace} AND ${IS_MADE_LATER(`${alias}.oid`)}`;

/** A role's name. The bootstrap superuser has another one on each server. */
export const ROLE = (oid: string): string =>
  `CASE ${oid} WHEN 10 THEN '<superuser>' ELSE pg_get_userbyid(${oid})::text END`;

/** Whether it is one of those that are asked for, or on one: $1 has their oids. */
export const AMONG = (oid: string): string => `${oid} = ANY ($1::oid[])`;

/** A list, entry by entry, each of which is added and removed by itself. */
export const ATOMS = (from: string, entry: string): string =>
  `(SELECT jsonb_agg(${entry} ORDER BY ${entry}) FROM ${from})`;

/** Options that somebody set, one by one: what the server writes by itself (`pg_…`) is none. */
export const OPTIONS = (column: string): string =>
  `CASE WHEN ${column} IS NOT NULL THEN ${ATOMS(`unnest(${column}) o WHERE o !~ '${SERVERS_OWN}'`, "o")} END`;

/** A part of a text in other words; where it is there twice, one is somebody's text, and nothing is replaced. */
export const CUT = (text: string, part: string, to: string): string =>
  `CASE WHEN length(${text}) - length(replace(${text}, ${part}, '')) = length(${part}) THEN replace(${text}, ${part}, ${to}) ELSE ${text} END`;

/** A one-letter code in words; a letter that is not there means the usual, which is not said. */
export const WORD = (column: string, words: Readonly<Record<string, string>>): string =>
  `CASE ${column}::text ${Object.entries(words)
    .map(([letter, word]) => `WHEN '${letter}' THEN '${word}'`)
    .join(" ")} END`;

/** A routine by its signature; null where there is none. */
export const ROUTINE = (column: string): string =>
  `CASE WHEN ${column} <> 0 THEN ${column}::oid::regprocedure::text END`;

export const NAME_OF = (catalog: string, name: string, oid: string): string =>
  `(SELECT x.${name}::text FROM ${catalog} x WHERE x.oid = ${oid})`;

/** A column that not every major has; null where it is not there. */
export const LATER = (alias: string, column: string): string =>
  `(to_jsonb(${alias}) ->> '${column}')`;

/** What everybody has where the list is null: https://www.postgresql.org/docs/18/ddl-priv.html#PRIVILEGES-SUMMARY-TABLE */
const TO_PUBLIC: Readonly<Record<string, string>> = {
  f: '["PUBLIC=EXECUTE"]',
  T: '["PUBLIC=USAGE"]',
  l: '["PUBLIC=USAGE"]',
  d: '["PUBLIC=CONNECT", "PUBLIC=TEMPORARY"]',
};

/** Additions to what there is elsewhere: a column's to its table's, a schema's default privileges to the general ones. */
const ADDITIONS = ["c", "additions"];

/**
 * Privileges, `role=SELECT` each, with a star where it may be passed on. All that this server knows is `ALL`, as
 * MAINTAIN is there from 17 on; where there is only one, as EXECUTE, it has its own name. An owner who has all of them is
 * not said; one who has none is.
 */
export function PRIVILEGES(acl: string, type: string, owner: string, letter = `'${type}'`): string {
  const all =
    letter === "c"
      ? "4"
      : `(SELECT count(*) FROM aclexplode(acldefault(${letter}, 10::oid)) d WHERE d.grantee = 10)`;
  const grants = `(SELECT CASE e.grantee WHEN 0 THEN 'PUBLIC' WHEN ${owner} THEN '<owner>' ELSE ${ROLE("e.grantee")} END AS grantee,
      CASE WHEN e.is_grantable THEN '*' ELSE '' END || CASE e.grantor WHEN ${owner} THEN '' ELSE ' by ' || ${ROLE("e.grantor")} END AS how,
      count(*) = ${all} AS is_all, array_agg(e.privilege_type) AS words
    FROM aclexplode(${acl}) e GROUP BY e.grantee, e.is_grantable, e.grantor) g
    CROSS JOIN unnest(CASE WHEN g.is_all AND cardinality(g.words) > 1 THEN ARRAY['ALL'] ELSE g.words END) p(word)`;
  const atoms = ATOMS(
    `${grants} WHERE NOT (g.grantee = '<owner>' AND g.is_all)`,
    "g.grantee || '=' || p.word || g.how",
  );
  const none = ADDITIONS.includes(type)
    ? "'[]'"
    : `CASE WHEN EXISTS (SELECT FROM aclexplode(${acl}) e WHERE e.grantee = ${owner}) THEN '[]' ELSE '["<owner>=NONE"]' END`;
  return `CASE WHEN ${acl} IS NULL THEN '${TO_PUBLIC[type] ?? "[]"}'::jsonb ELSE coalesce(${atoms}, '[]') || ${none}::jsonb END`;
}
