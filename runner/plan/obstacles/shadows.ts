import type { ClientBase } from "pg";
import type { Obstacle } from "../../model";
import type { PlannedRun } from "./plannedRun";

/** The operators that IN, BETWEEN, LIKE, IS DISTINCT FROM and the like use without naming them. */
const IMPLIED = ["=", "<>", "<", ">", "<=", ">=", "~~", "!~~", "~~*", "!~~*", "~", "!~"];

/**
 * Objects in public with the name of a built-in. PostgreSQL chooses functions, operators and aggregates in all schemas of
 * the search path by the types of their arguments, so that one in public may match better. A built-in type always comes
 * first, but another one of its name misleads a reader. Members of extensions are left out.
 *
 * $1 the names of built-ins that the statements use, by their locks; $2 the names of the directives' own functions.
 */
const SHADOWS = `WITH used AS (SELECT DISTINCT name::name FROM unnest($1::text[]) name),
  public AS (SELECT n.oid FROM pg_namespace n WHERE n.nspname = 'public')
  SELECT CASE f.prokind WHEN 'a' THEN 'aggregate ' WHEN 'p' THEN 'procedure ' ELSE 'function ' END
         || f.oid::regprocedure::text AS shadow
    FROM public p JOIN pg_proc f ON f.pronamespace = p.oid
   WHERE f.proname IN (SELECT name FROM used) AND f.proname <> ALL ($2::name[])
     AND EXISTS (SELECT FROM pg_proc b WHERE b.proname = f.proname AND b.pronamespace = 'pg_catalog'::regnamespace)
     AND ${notOfExtension("pg_proc", "f.oid")}
  UNION ALL
  SELECT 'operator ' || o.oid::regoperator::text FROM public p JOIN pg_operator o ON o.oprnamespace = p.oid
   WHERE o.oprname IN (SELECT name FROM used)
     AND EXISTS (SELECT FROM pg_operator b WHERE b.oprname = o.oprname AND b.oprnamespace = 'pg_catalog'::regnamespace)
     AND ${notOfExtension("pg_operator", "o.oid")}
  UNION ALL
  SELECT 'type ' || t.oid::regtype::text FROM public p JOIN pg_type t ON t.typnamespace = p.oid
   WHERE t.typname IN (SELECT name FROM used) AND t.typtype <> 'c' AND t.typcategory <> 'A'
     AND EXISTS (SELECT FROM pg_type b WHERE b.typname = t.typname AND b.typnamespace = 'pg_catalog'::regnamespace)
     AND ${notOfExtension("pg_type", "t.oid")}
  UNION ALL
  SELECT 'cast ' || c.castsource::regtype::text || ' AS ' || c.casttarget::regtype::text
    FROM pg_cast c JOIN pg_type s ON s.oid = c.castsource JOIN pg_type t ON t.oid = c.casttarget
   WHERE c.oid >= 16384 AND c.castcontext <> 'e'
     AND s.typnamespace = 'pg_catalog'::regnamespace AND t.typnamespace = 'pg_catalog'::regnamespace
     AND ${notOfExtension("pg_cast", "c.oid")}
   ORDER BY 1`;

function notOfExtension(catalog: string, oid: string): string {
  return `NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${catalog}'::regclass AND e.objid = ${oid} AND e.deptype = 'e')`;
}

/** Objects that may give a name in the statements another meaning than it had when they were locked. */
export async function shadowObstacles(
  client: ClientBase,
  { statements, objects: { granted } }: Pick<PlannedRun, "statements" | "objects">,
): Promise<Obstacle[]> {
  const own = granted
    .filter(({ objectType, schema }) => objectType === "function" && schema === "public")
    .map(({ name }) => name);
  const { rows } = await client.query<{ shadow: string }>(SHADOWS, [
    [...IMPLIED, ...statements.flatMap(({ locked }) => locked?.builtIns ?? [])],
    own,
  ]);
  return rows.map(({ shadow }) => ({
    found: `${shadow}, which PostgreSQL may take for the built-in one that the statements use`,
    remedy: shadow.startsWith("cast ")
      ? `DROP ${shadow.replace("cast ", "CAST (")})`
      : "Drop it, or move it to another schema",
  }));
}
