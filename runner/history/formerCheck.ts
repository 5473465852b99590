import type { ClientBase } from "pg";

/** The constraint with the list of actions that an earlier version put on v7_control.history. */
const NAME = "history_action_check";

/**
 * The constraint's key in a snapshot, and its definition. A database that still has it is not in drift: the runner drops it
 * when it next appends to the history.
 */
export const FORMER_CHECK = {
  key: `constraint v7_control.history.${NAME}`,
  definition:
    "CHECK (action = ANY (ARRAY['apply'::text, 'rollback'::text, 'repair'::text, 'adopt'::text, 'restore'::text, 'trust'::text]))",
} as const;

/** Drops the constraint if it exists, in the caller's transaction. The login must own the table. */
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
