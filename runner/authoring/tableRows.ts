import type { ClientBase } from "pg";
import { quote } from "../postgres/names";

/** A digest of each table's rows, by the table's name: an inverse must restore the rows, too. */
export async function readRows(client: ClientBase): Promise<ReadonlyMap<string, string>> {
  const { rows: tables } = await client.query<{ schema: string; name: string }>(
    `SELECT n.nspname AS schema, c.relname AS name
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        AND has_table_privilege(c.oid, 'SELECT')
      ORDER BY 1, 2`,
  );
  if (tables.length === 0) {
    return new Map();
  }
  const digests = tables.map(
    (table) => `SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM ${quote(table)} t`,
  );
  const { rows } = await client.query<{ digests: (string | null)[] }>(
    `SELECT ARRAY[${digests.map((digest) => `(${digest})`).join(", ")}] AS digests`,
  );
  return new Map(
    tables.map((table, index) => [quote(table), rows[0]?.digests[index] ?? ""] as const),
  );
}
