import { KNOWN_OPTIONS, sqlList } from "./known";

// What the parts of the snapshot's query are made of: each gives an SQL expression. $11 is the expected owner.

export const OWNER = (column: string): string =>
  `CASE WHEN pg_get_userbyid(${column}) = $11 THEN '<owner>' ELSE pg_get_userbyid(${column}) END`;

export const COMMENT = (
  oid: string,
  catalog: string,
  sub = "0",
): string => `(SELECT d.description FROM pg_description d
    WHERE d.objoid = ${oid} AND d.classoid = '${catalog}'::regclass AND d.objsubid = ${sub})`;

/** Properties that are there only where they are not null. */
export const UNUSUAL = (pairs: Readonly<Record<string, string>>): string =>
  `jsonb_strip_nulls(jsonb_build_object(${Object.entries(pairs)
    .map(([name, sql]) => `'${name}', ${sql}`)
    .join(", ")}))`;

/** The options that somebody set, one by one: neither the server's own nor one that this version does not know. */
export const OPTIONS = (column: string): string => `(
  SELECT coalesce(jsonb_object_agg(o.option_name, o.option_value), '{}')
    FROM pg_options_to_table(${column}) o WHERE o.option_name IN (${sqlList(KNOWN_OPTIONS)}))`;

/** The WITH clause as pg_get_indexdef writes it: an index's options are compared one by one. */
export const WITH_CLAUSE = (column: string): string => `(
  SELECT ' WITH (' || string_agg(quote_ident(o.option_name) || '='
      || CASE quote_ident(o.option_value) WHEN o.option_value THEN o.option_value ELSE quote_literal(o.option_value) END,
      ', ' ORDER BY o.ordinality) || ')'
    FROM pg_options_to_table(${column}) WITH ORDINALITY o(option_name, option_value, ordinality))`;

/** A part of a text left out, or put in other words; where it stands there twice, one is somebody's text, and nothing is. */
export const CUT = (text: string, part: string, to: string): string =>
  `CASE WHEN length(${text}) - length(replace(${text}, ${part}, '')) = length(${part}) THEN replace(${text}, ${part}, ${to}) ELSE ${text} END`;

/**
 * What an object is bound to besides tables: functions, operators, casts, collations, operator classes that somebody made.
 * Built-in ones are never listed (PostgreSQL does not record them), an extension's are part of its type. Texts name the
 * same, but not what a text leaves out: an operator behind DISTINCT, a cast function.
 */
export const BOUND_TO = (catalog: string, oid: string): string => `(
  SELECT jsonb_agg(DISTINCT i.identity ORDER BY i.identity) FROM pg_depend dep
   CROSS JOIN LATERAL pg_identify_object(dep.refclassid, dep.refobjid, 0) i
   WHERE dep.classid = '${catalog}'::regclass AND dep.objid = ${oid} AND dep.refclassid IN ('pg_proc'::regclass,
     'pg_operator'::regclass, 'pg_cast'::regclass, 'pg_collation'::regclass, 'pg_opclass'::regclass, 'pg_opfamily'::regclass)
     AND NOT EXISTS (SELECT FROM pg_depend e
                      WHERE e.classid = dep.refclassid AND e.objid = dep.refobjid AND e.deptype = 'e'))`;

export const TABLESPACE = (column: string): string =>
  `(SELECT s.spcname FROM pg_tablespace s WHERE s.oid = ${column})`;

/**
 * Rows of a catalog that belong to the row before them, found by index whatever the planner believes: on a hosted server
 * the catalog's own statistics may be old, and one hash join reads the rows of every table there is.
 */
export const BY_INDEX = (catalog: string, alias: string, condition: string): string =>
  `CROSS JOIN LATERAL (SELECT * FROM ${catalog} ${alias} WHERE ${condition} OFFSET 0) ${alias}`;

/**
 * A line that is `ELSE NULL` cast to one type, and nothing else: an operator, a collation or a second cast behind it would
 * be swallowed. The type as format_type writes it: SQL's own of several words by name, any other as one name, perhaps
 * with a schema; then its modifier and brackets.
 */
const TYPE_NAME =
  "(?:double precision|(?:character|bit) varying|interval(?: [a-z]+(?: to [a-z]+)?)?" +
  '|(?:"(?:[^"\\n]|"")+"|[a-z_][a-z0-9_]*)(?:\\.(?:"(?:[^"\\n]|"")+"|[a-z_][a-z0-9_]*))?)';
export const MISSING_ELSE = `^([ ]*ELSE NULL)::${TYPE_NAME}(?:\\([0-9, -]+\\))?(?: with(?:out)? time zone)?(?:\\[\\])*$`;
