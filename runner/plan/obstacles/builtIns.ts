import type { ClientBase } from "pg";
import type { Obstacle } from "../../model";
import type { PlannedRun } from "./plannedRun";

/** The tags of statements whose code may be in another language than SQL. */
const WITH_CODE: ReadonlySet<string> = new Set(["CREATE FUNCTION", "CREATE PROCEDURE", "DO"]);

/**
 * Built-in functions, types and languages that everybody may use on a new server, and this login may not on this one.
 *
 * $1 the names of built-ins that the statements use, by their locks; $2 whether there is code in other languages.
 */
const REVOKED = `
  SELECT 'FUNCTION ' || f.oid::regprocedure::text AS "builtIn" FROM pg_proc f
   WHERE f.pronamespace = 'pg_catalog'::regnamespace AND f.proname = ANY ($1::name[])
     AND f.proacl IS NOT NULL AND NOT has_function_privilege(f.oid, 'EXECUTE')
     AND NOT EXISTS (SELECT FROM pg_init_privs i WHERE i.classoid = 'pg_proc'::regclass AND i.objoid = f.oid)
  UNION ALL
  SELECT 'TYPE ' || t.oid::regtype::text FROM pg_type t
   WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typname = ANY ($1::name[])
     AND t.typacl IS NOT NULL AND NOT has_type_privilege(t.oid, 'USAGE')
  UNION ALL
  SELECT 'LANGUAGE ' || quote_ident(l.lanname) FROM pg_language l
   WHERE $2 AND l.lanpltrusted AND l.lanacl IS NOT NULL AND NOT has_language_privilege(l.oid, 'USAGE')
   ORDER BY 1`;

/** What the statements may need of the server's own and this login may not use. The names alone do not prove that it is needed. */
export async function builtInObstacles(
  client: ClientBase,
  { statements }: Pick<PlannedRun, "statements">,
): Promise<Obstacle[]> {
  const { rows } = await client.query<{ builtIn: string }>(REVOKED, [
    statements.flatMap(({ locked }) => locked?.builtIns ?? []),
    statements.some(({ locked }) => WITH_CODE.has(locked?.tag ?? "")),
  ]);
  return rows.map(({ builtIn }) => ({
    found: `${builtIn.replace(/^\w+/, (kind) => kind.toLowerCase())}, which this login may not use and these statements name`,
    remedy: `GRANT ${builtIn.startsWith("FUNCTION ") ? "EXECUTE" : "USAGE"} ON ${builtIn} TO PUBLIC, as on a new server`,
    isPassing: true,
  }));
}
