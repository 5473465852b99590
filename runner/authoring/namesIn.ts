import type { ClientBase } from "pg";
import type { LockedStatement, Statement } from "../model";
import { parseStatement } from "../sql/expression";
import { rolesIn, textsIn, wordsIn } from "../sql/words";

/** Names in a statement that may have another meaning on another server, or in a stack with a role suffix. */
export type Names = Pick<LockedStatement, "builtIns" | "roles">;

/**
 * Finds the names in a statement, and in the code of its functions and blocks, that exist in pg_catalog or are roles of the
 * server; sorted. PostgreSQL does not record references to those, so every word of the parse tree is looked up.
 */
export async function namesIn(client: ClientBase, { bytes }: Statement): Promise<Names> {
  const texts = textsIn(await parseStatement(bytes.toString("utf8")));
  const { rows } = await client.query<{ name: string; is_role: boolean }>({
    name: "v7_names",
    text: `SELECT DISTINCT name, false AS is_role FROM unnest($1::text[]) AS name
            WHERE EXISTS (SELECT FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = name)
               OR EXISTS (SELECT FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprname = name)
               OR EXISTS (SELECT FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typname = name)
            UNION ALL SELECT rolname::text, true FROM pg_roles`,
    values: [[...wordsIn(texts)]],
  });
  const named = (isRole: boolean): string[] =>
    rows.flatMap(({ name, is_role }) => (is_role === isRole ? [name] : [])).sort();
  return {
    builtIns: named(false),
    roles: rolesIn(texts, named(true)),
  };
}
