import type { ClientBase } from "pg";
import { qualified, rootOf } from "../../catalog/kinds/objectId";
import { changeOf } from "../../catalog/lockedChange";
import type { Obstacle } from "../../model";
import { formatName } from "../../postgres/names";
import type { PlannedRun } from "./plannedRun";

interface Row {
  /** Quoted where needed. */
  readonly table: string;
  readonly publication: string;
}

const CHANGING: ReadonlySet<string> = new Set(["UPDATE", "DELETE", "MERGE"]);

const WRITING = " ROW EXCLUSIVE";

/**
 * Tables whose rows the statements change or delete, which a publication publishes, and which have no replica identity: the
 * server refuses such statements. Without tables that the run itself alters.
 * https://www.postgresql.org/docs/current/logical-replication-publication.html
 */
export async function replicaIdentityObstacles(
  client: ClientBase,
  { pending, statements }: Pick<PlannedRun, "pending" | "statements">,
): Promise<readonly Obstacle[]> {
  const { added, changed } = changeOf(pending);
  const altered = new Set(
    [...added, ...changed].map(({ id }) => formatName(qualified(rootOf(id)))),
  );
  const tables = statements
    .filter(({ locked }) => CHANGING.has(locked?.tag ?? ""))
    .flatMap(({ locked }) => locked?.tables ?? [])
    .flatMap(({ writes = [], locks = [] }) => [
      ...writes,
      // A table without rows in the baseline counts no written row.
      ...locks.filter((one) => one.endsWith(WRITING)).map((one) => one.slice(0, -WRITING.length)),
    ])
    .filter((table) => !altered.has(table));
  if (tables.length === 0) {
    return [];
  }
  const { rows } = await client.query<Row>(QUERY, [tables]);
  return rows.map(({ table, publication }) => ({
    found: `table ${table} in publication "${publication}", without a replica identity: the server refuses to change or delete its rows`,
    remedy: `ALTER TABLE ${table} REPLICA IDENTITY FULL, or give it a primary key, as its owner`,
  }));
}

const QUERY = `
  SELECT DISTINCT c.oid::regclass::text AS table, p.pubname AS publication
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_publication_tables t ON t.schemaname = n.nspname AND t.tablename = c.relname
    JOIN pg_publication p ON p.pubname = t.pubname AND p.pubupdate AND p.pubdelete
   WHERE n.nspname || '.' || c.relname = ANY ($1::text[]) AND c.relreplident <> 'f'
     AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisvalid
       AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END)
   ORDER BY 1, 2`;
