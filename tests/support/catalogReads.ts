import type { Client } from "pg";

const CATALOGS = [
  "pg_class",
  "pg_attribute",
  "pg_attrdef",
  "pg_index",
  "pg_constraint",
  "pg_depend",
  "pg_description",
];

export interface CatalogReads {
  readonly name: string;
  /** Rows that sequential scans gave. */
  readonly sequential: number;
  /** Rows that indexes gave. */
  readonly index: number;
}

/**
 * How much of the catalog this session reads in `use`, in a transaction of its own. Uses the server's functions, because
 * the views that show the same read all of pg_class and pg_index.
 */
export async function catalogReads(
  client: Client,
  use: () => Promise<unknown>,
): Promise<CatalogReads[]> {
  const { rows: catalogs } = await client.query<{ name: string; indexes: string[] }>(
    `SELECT indrelid::regclass::text AS name, array_agg(indexrelid::text) AS indexes FROM pg_index
      WHERE indrelid = ANY ($1::text[]::regclass[]) GROUP BY 1 ORDER BY 1`,
    [CATALOGS],
  );
  // What was read before is counted elsewhere first.
  await client.query("SELECT pg_stat_force_next_flush()");
  await client.query("BEGIN");
  await use();
  const reads: CatalogReads[] = [];
  for (const { name, indexes } of catalogs) {
    const { rows } = await client.query<{ sequential: number; index: number }>(
      `SELECT pg_stat_get_xact_tuples_returned($1::text::regclass)::int AS sequential,
              (SELECT sum(pg_stat_get_xact_tuples_fetched(one::oid))::int FROM unnest($2::text[]) one) AS index`,
      [name, indexes],
    );
    reads.push({ name, sequential: rows[0]?.sequential ?? NaN, index: rows[0]?.index ?? NaN });
  }
  await client.query("ROLLBACK");
  return reads;
}
