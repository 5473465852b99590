import { escapeIdentifier, type ClientBase } from "pg";
import type { Obstacle } from "../../model";
import type { PlannedRun } from "./plannedRun";

interface Row {
  readonly name: string;
  /** Null: FOR ALL TABLES. */
  readonly schema: string | null;
}

/**
 * Publications that would include the new tables, so that subscribers get their rows. One of a schema stops the run, as it
 * would be a difference from what is approved; one FOR ALL TABLES is only shown.
 */
export async function publicationObstacles(
  client: ClientBase,
  { objects }: Pick<PlannedRun, "objects">,
): Promise<readonly Obstacle[]> {
  const schemas = [...new Set(objects.tables.map(({ schema }) => schema))];
  const { rows } = await client.query<Row>(QUERY, [schemas]);
  return rows.map(({ name, schema }) =>
    schema === null
      ? {
          found: `publication "${name}" FOR ALL TABLES: it would publish the new tables' rows too`,
          remedy: "Where its subscribers must not have them, publish tables by name instead",
          isPassing: true,
        }
      : {
          found: `publication "${name}" FOR TABLES IN SCHEMA ${escapeIdentifier(schema)}: it would publish the new tables' rows too`,
          remedy: `ALTER PUBLICATION ${escapeIdentifier(name)} DROP TABLES IN SCHEMA ${escapeIdentifier(schema)}, and add by name what it is for`,
        },
  );
}

const QUERY = `
  SELECT p.pubname AS name, NULL AS schema FROM pg_publication p WHERE p.puballtables AND cardinality($1::text[]) > 0
  UNION ALL
  SELECT p.pubname, n.nspname FROM pg_publication_namespace x JOIN pg_publication p ON p.oid = x.pnpubid
    JOIN pg_namespace n ON n.oid = x.pnnspid WHERE n.nspname = ANY ($1::text[])
   ORDER BY 1, 2`;
