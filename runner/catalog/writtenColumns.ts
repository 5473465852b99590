import { escapeIdentifier, type ClientBase } from "pg";
import type { ColumnName, QualifiedName } from "../model";
import { quote } from "../postgres/names";

/** The rows in which any added column holds something else than its default, with the table's primary key. */
export async function writtenValues(
  client: ClientBase,
  table: QualifiedName,
  columns: readonly ColumnName[],
): Promise<string> {
  const all = await describeColumns(client, table);
  const added = all.filter(({ name }) => columns.some(({ column }) => column === name));
  const hasKey = all.some(({ isKey }) => isKey);
  const key = all.filter((one) => (hasKey ? one.isKey : !added.includes(one)));
  const selected = [...key, ...added].map(({ name }) => escapeIdentifier(name)).join(", ");
  return `SELECT ${selected} FROM ${quote(table)} AS one WHERE ${await isWritten(client, table, columns, "one")}`;
}

/** A condition: any of these columns holds something else than its default. */
export async function isWritten(
  client: ClientBase,
  table: QualifiedName,
  columns: readonly ColumnName[],
  alias: string,
): Promise<string> {
  const added = (await describeColumns(client, table)).filter(({ name }) =>
    columns.some(({ column }) => column === name),
  );
  // The default is the server's own text of it, from pg_get_expr.
  const written = added.map(
    (one) => `${alias}.${escapeIdentifier(one.name)} IS DISTINCT FROM (${one.default ?? "NULL"})`,
  );
  return written.length === 0 ? "false" : written.join(" OR ");
}

interface Column {
  readonly name: string;
  readonly default: string | null;
  /** Whether it belongs to the table's primary key. */
  readonly isKey: boolean;
}

async function describeColumns(
  client: ClientBase,
  table: QualifiedName,
): Promise<readonly Column[]> {
  const { rows } = await client.query<Column>(
    `SELECT a.attname AS name, pg_get_expr(d.adbin, d.adrelid) AS default,
            coalesce(a.attnum = ANY (k.conkey), false) AS "isKey"
       FROM pg_attribute a
       LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
       LEFT JOIN pg_constraint k ON k.conrelid = a.attrelid AND k.contype = 'p'
      WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [quote(table)],
  );
  return rows;
}
