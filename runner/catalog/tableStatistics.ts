import type { ClientBase } from "pg";

/** Rows written and scans begun in this transaction so far, by relation. */
export type TableStatistics = ReadonlyMap<string, Counts>;

interface Counts {
  readonly schema: string;
  readonly name: string;
  readonly written: string;
  readonly read: string;
}

/** What the server counted of one statement, inside of functions and dynamic SQL too: `public.file_audit`, sorted. */
export interface CountedTables {
  readonly written: readonly string[];
  readonly read: readonly string[];
  readonly catalogsWritten: readonly string[];
}

const STATISTICS = `SELECT relid::text, schemaname::text AS schema, relname::text AS name,
    (n_tup_ins + n_tup_upd + n_tup_del)::text AS written, (coalesce(seq_scan, 0) + coalesce(idx_scan, 0))::text AS read
  FROM pg_stat_xact_all_tables WHERE schemaname <> 'pg_toast'
   AND n_tup_ins + n_tup_upd + n_tup_del + coalesce(seq_scan, 0) + coalesce(idx_scan, 0) > 0`;

/** The server's own count of what this transaction did to each table. */
export async function takeTableStatistics(client: ClientBase): Promise<TableStatistics> {
  const { rows } = await client.query<Counts & { readonly relid: string }>({
    name: "v7_table_statistics",
    text: STATISTICS,
  });
  return new Map(rows.map(({ relid, ...counts }) => [relid, counts]));
}

/** What was touched between two counts. A written table was not necessarily changed: the raw catalog says. */
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
