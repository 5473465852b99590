import { DatabaseError, type ClientBase } from "pg";
import { fault, messageOf } from "../base/fault";
import { changeOf } from "../catalog/lockedChange";
import type { Step } from "../model";

const FOREIGN_KEY_VIOLATION = "23503";

/**
 * Validates the foreign keys that a rollback made again as NOT VALID: the rows to which they refer are there only now.
 *
 * @param waiting the steps that were rolled back
 * @throws RESTORE_REFUSED where a row refers to one that the archive does not have
 */
export async function validateKeys(client: ClientBase, waiting: readonly Step[]): Promise<void> {
  const keys = changeOf(waiting).removed.flatMap(({ id: { kind, of, name }, properties }) =>
    kind === "constraint" && !String(properties["definition"]).endsWith(" NOT VALID")
      ? [{ schema: of?.schema, table: of?.name, name }]
      : [],
  );
  if (keys.length === 0) {
    return;
  }
  const { rows } = await client.query<{ sql: string }>(
    `SELECT pg_catalog.format('ALTER TABLE %I.%I VALIDATE CONSTRAINT %I', n.nspname, c.relname, k.conname) AS sql
       FROM unnest($1::text[], $2::text[], $3::text[]) AS one(schema, relation, name)
       JOIN pg_catalog.pg_namespace n ON n.nspname = one.schema
       JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = one.relation
       JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.conname = one.name
      WHERE k.contype = 'f' AND NOT k.convalidated ORDER BY 1`,
    [
      keys.map(({ schema }) => schema),
      keys.map(({ table }) => table),
      keys.map(({ name }) => name),
    ],
  );
  for (const { sql } of rows) {
    try {
      await client.query(sql);
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code !== FOREIGN_KEY_VIOLATION) {
        throw error;
      }
      throw fault("RESTORE_REFUSED", {
        what: `validating a foreign key that the rollback made again: ${sql}`,
        found: `${messageOf(error)}: ${error.detail ?? ""}`,
        expected: "each row to refer to one that is there",
        remedy: "Nothing was changed. Correct these rows",
        cause: error,
      });
    }
  }
}
