import type { ClientBase } from "pg";

/** The constraint by which v7_control.history once listed its actions, so that each new verb had to alter it. */
const NAME = "history_action_check";

/**
 * How a snapshot names that constraint, and the text that it had. A database that still has it is as it should be: the
 * runner takes it away when it next writes there.
 */
export const FORMER_CHECK = {
  key: `constraint v7_control.history.${NAME}`,
  definition:
    "CHECK (action = ANY (ARRAY['apply'::text, 'rollback'::text, 'repair'::text, 'adopt'::text, 'restore'::text, 'trust'::text]))",
} as const;

/** Takes the constraint away where it is still there, in the caller's transaction. Takes the table's owner. */
export async function dropFormerCheck(client: ClientBase): Promise<void> {
  const { rows } = await client.query(
    `SELECT FROM pg_catalog.pg_constraint k
       JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) k.conrelid
       JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
      WHERE n.nspname OPERATOR(pg_catalog.=) 'v7_control' AND c.relname OPERATOR(pg_catalog.=) 'history'
        AND k.conname OPERATOR(pg_catalog.=) $1`,
    [NAME],
  );
  if (rows.length > 0) {
    await client.query(`ALTER TABLE v7_control.history DROP CONSTRAINT ${NAME}`);
  }
}
