import type { ClientBase } from "pg";
import { fault } from "../../runner/base/fault";
import { formatName, quote } from "../../runner/postgres/names";
import { isTrustedOwner } from "../../runner/postgres/trustedOwner";

/** The tables of the directive's that status reads, and the one that it altered. */
const TABLES = [
  "file_audit",
  "v7_migration_workflow",
  "v7_subworkflow_tasks",
  "v7_enum_migrations",
  "v7_global_impacts",
  "v7_test_results",
].map((name) => ({ schema: "public", name }));

/** Those of others' tables whose reading could run their owners' code: views, policies, casts of a type. Parameter: names. */
const RUNS_CODE = `
  SELECT c.relname AS name FROM pg_class c WHERE c.oid = ANY ($1::text[]::regclass[]) AND NOT ${isTrustedOwner("c.relowner")}
     AND (c.relkind NOT IN ('r', 'p') OR row_security_active(c.oid) OR EXISTS (
       SELECT FROM pg_attribute a JOIN pg_cast k ON k.castsource = a.atttypid JOIN pg_proc f ON f.oid = k.castfunc
        WHERE a.attrelid = c.oid AND NOT ${isTrustedOwner("f.proowner")}))`;

/**
 * Runs `use` in one read-only snapshot of the tables; undefined where the directive has not been applied here. The tables are
 * locked, so that nobody can replace one after the check.
 *
 * @throws PRECHECK_FAILED where reading would run code of others as this login
 */
export async function inTrackingTables<T>(
  client: ClientBase,
  use: () => Promise<T>,
): Promise<T | undefined> {
  await client.query("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
  try {
    const names = TABLES.map(quote);
    const there = await client.query<{ count: number }>(
      "SELECT count(to_regclass(name))::int FROM unnest($1::text[]) AS name",
      [names],
    );
    if (there.rows[0]?.count !== names.length) {
      return undefined;
    }
    await client.query(`LOCK TABLE ${names.join(", ")} IN ACCESS SHARE MODE`);
    const { rows } = await client.query<{ name: string }>(RUNS_CODE, [names]);
    if (rows.length > 0) {
      throw fault("PRECHECK_FAILED", {
        what: "reading the tracking tables",
        found: `code of others in ${rows.map(({ name }) => formatName({ schema: "public", name })).join(", ")}: a view, a policy for this login, or a column's type with a cast`,
        expected: "tables that can be read without running it",
        remedy: "Look with npx v7 drift, or read them as a login that no policy holds for",
      });
    }
    return await use();
  } finally {
    await client.query("ROLLBACK");
  }
}
