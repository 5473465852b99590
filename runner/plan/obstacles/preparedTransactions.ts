import { escapeLiteral, type ClientBase } from "pg";
import { tablesOf } from "../../catalog/definedObjects";
import type { Obstacle } from "../../model";
import { formatName } from "../../postgres/names";
import type { PlannedRun } from "./plannedRun";

interface Row {
  readonly gid: string;
  readonly owner: string;
  readonly age: string;
  readonly tables: string;
}

/**
 * Prepared transactions (two-phase commit) that hold locks on the tables which the statements need. They belong to no
 * session, survive a restart, and end only with COMMIT PREPARED or ROLLBACK PREPARED.
 */
export async function preparedTransactionObstacles(
  client: ClientBase,
  { objects }: Pick<PlannedRun, "objects">,
): Promise<readonly Obstacle[]> {
  const { rows } = await client.query<Row>(QUERY, [tablesOf(objects).map(formatName)]);
  return rows.map(({ gid, owner, age, tables }) => ({
    found: `prepared transaction ${escapeLiteral(gid)} of "${owner}", prepared ${age} ago, which holds locks on ${tables}: it does not end by itself`,
    remedy: `Find out whose it is; then, in this database and as "${owner}" or a superuser, ROLLBACK PREPARED ${escapeLiteral(gid)} (or COMMIT PREPARED)`,
  }));
}

/** In pg_locks a prepared transaction has no pid; its locks are found by the lock on its own transaction number. */
const QUERY = `
  SELECT p.gid, p.owner, to_char(date_trunc('second', clock_timestamp() - p.prepared), 'HH24:MI:SS') AS age,
         string_agg(DISTINCT n.nspname || '.' || c.relname, ', ') AS tables
    FROM pg_prepared_xacts p
    JOIN pg_locks x ON x.locktype = 'transactionid' AND x.transactionid = p.transaction AND x.granted AND x.pid IS NULL
    JOIN pg_locks l ON l.virtualtransaction = x.virtualtransaction AND l.locktype = 'relation' AND l.granted AND l.pid IS NULL
    JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE p.database = current_database() AND n.nspname || '.' || c.relname = ANY ($1::text[])
   GROUP BY p.gid, p.owner, p.prepared ORDER BY p.prepared, p.gid`;
