import type { ClientBase } from "pg";
import { ARCHIVE_SCHEMA, isOurArchive, rowsTakenAway } from "../../catalog/archive";
import type { Obstacle } from "../../model";
import type { PlannedRun } from "./plannedRun";

/** A schema v7_archive that belongs to another role: its owner could drop the archives. */
export async function archiveObstacles(client: ClientBase): Promise<readonly Obstacle[]> {
  const { rows } = await client.query<{ owner: string }>(
    `SELECT pg_get_userbyid(nspowner) AS owner FROM pg_catalog.pg_namespace
      WHERE nspname = $1 AND NOT (pg_has_role(nspowner, 'USAGE') AND ${isOurArchive("nspowner")})`,
    [ARCHIVE_SCHEMA],
  );
  return rows.map(({ owner }) => ({
    found: `the schema "${ARCHIVE_SCHEMA}", which belongs to "${owner}": rows could not be archived there`,
    remedy: "Rename that schema, or give it to this login",
  }));
}

/** The same for an apply whose steps drop tables, columns or sequences. */
export async function droppedRowsObstacles(
  client: ClientBase,
  { pending }: Pick<PlannedRun, "pending">,
): Promise<readonly Obstacle[]> {
  const { tables, columns, sequences = [] } = rowsTakenAway(pending);
  return [tables, columns, sequences].every(({ length }) => length === 0)
    ? []
    : await archiveObstacles(client);
}
