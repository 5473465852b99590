import type { ClientBase } from "pg";

/** By relation, the rows written and the scans begun in this transaction so far. */
export type TableStatistics = ReadonlyMap<string, Counts>;

interface Counts {
  readonly schema: string;
  readonly name: string;
  readonly written: string;
  readonly read: string;
}

/** The tables that one statement touched, by the server's counts, functions and dynamic SQL included: sorted names. */
export interface CountedTables {
  readonly written: readonly string[];
  readonly read: readonly string[];
  readonly catalogsWritten: readonly string[];
}

const STATISTICS = `SELECT relid::text, schemaname::text AS schema, relname::text AS name,
    (n_tup_ins + n_tup_upd + n_tup_del)::text AS written, (coalesce(seq_scan, 0) + coalesce(idx_scan, 0))::text AS read
  FROM pg_stat_xact_all_tables WHERE schemaname <> 'pg_toast'
   AND n_tup_ins + n_tup_upd + n_tup_del + coalesce(seq_scan, 0) + coalesce(idx_scan, 0) > 0`;

/** Reads the server's counts of what this transaction did to each table. */
export async function takeTableStatistics(client: ClientBase): Promise<TableStatistics> {
  const { rows } = await client.query<Counts & { readonly relid: string }>({
    name: "v7_table_statistics",
    text: STATISTICS,
  });
  return new Map(rows.map(({ relid, ...counts }) => [relid, counts]));
}

/** The tables touched between two readings. A catalog that was written need not differ: the raw catalog tells. */
export function countedBetween(before: TableStatistics, after: TableStatistics): CountedTables {
  const grown = (count: "written" | "read", isCatalog: boolean): readonly string[] =>
    [...after]
      .filter(
        ([relation, { schema, ...counts }]) =>
          (schema === "pg_catalog") === isCatalog &&
          counts[count] !== (before.get(relation)?.[count] ?? "0"),
      )
      .map(([, { schema, name }]) => (isCatalog ? name : `${schema}.${name}`))
      .sort();
  return {
    written: grown("written", false),
    read: grown("read", false),
    catalogsWritten: grown("written", true),
  };
}
