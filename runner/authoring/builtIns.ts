import type { FuncCall, TypeName } from "libpg-query";
import type { ClientBase } from "pg";
import type { Statement } from "../model";
import { textsOf, type TreeNode } from "../sql/tree";

/**
 * The names in a statement that mean something of pg_catalog because nothing before it on the path has that name:
 * functions, operators, types. PostgreSQL keeps no references to those, so the parse tree says which they are. Sorted.
 */
export async function builtInsOf(
  client: ClientBase,
  { node }: Statement,
): Promise<readonly string[]> {
  const names = [...new Set(unqualifiedNames(node))];
  if (names.length === 0) {
    return [];
  }
  const { rows } = await client.query<{ name: string }>(
    `SELECT proname AS name FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = ANY ($1::text[])
     UNION SELECT oprname FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprname = ANY ($1::text[])
     UNION SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typname = ANY ($1::text[])`,
    [names],
  );
  return rows.map(({ name }) => name).sort();
}

/** Of calls, operators and types; a name with a schema is what it says, whatever is on the path. */
function unqualifiedNames(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) {
    return [];
  }
  const { funcname, names } = value as Partial<FuncCall & TypeName>;
  const own = [funcname, names, (value as TreeNode).A_Expr?.name]
    .map((parts) => textsOf(parts as readonly TreeNode[] | undefined))
    .filter((parts) => parts.length === 1)
    .flat();
  return [...own, ...Object.values(value).flatMap(unqualifiedNames)];
}
