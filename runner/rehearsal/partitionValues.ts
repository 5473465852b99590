import { escapeLiteral } from "pg";
import { sameName } from "../postgres/names";
import type { ParsedNode } from "../sql/expression";
import { parseBound, parsePartitionKey } from "./definitions";
import type { SurroundingTable } from "./surroundingsModel";

/**
 * Values with which a row belongs to a partition, by column, as SQL: the first value of a list, the first one of a range, of
 * the partition itself and of those that it is part of. Empty for other tables, and without the columns of hashes.
 *
 * @param tables all of them
 */
export async function partitionValues(
  table: SurroundingTable,
  tables: readonly SurroundingTable[],
): Promise<ReadonlyMap<string, string>> {
  const whole = tables.find(({ name }) => table.parents.some((parent) => sameName(parent, name)));
  const key = whole?.partitionKey ?? null;
  if (table.bound === null || whole === undefined || key === null) {
    return new Map();
  }
  const [columns, values] = await Promise.all([partitionColumns(key), firstValues(table.bound)]);
  const own = columns.flatMap((column, index): [string, string][] => {
    const value = values[index];
    return column === undefined || value === undefined ? [] : [[column, value]];
  });
  return new Map([...(await partitionValues(whole, tables)), ...own]);
}

/** The columns of a partition key; undefined for an expression. */
async function partitionColumns(key: string): Promise<readonly (string | undefined)[]> {
  const { partParams = [] } = ((await parsePartitionKey(key)) ?? {}) as {
    readonly partParams?: readonly { readonly PartitionElem: { readonly name?: string } }[];
  };
  return partParams.map(({ PartitionElem: { name } }) => name);
}

/** The first constant for each column of the key; undefined for MINVALUE. */
async function firstValues(bound: string): Promise<readonly (string | undefined)[]> {
  const { listdatums, lowerdatums = [] } = ((await parseBound(bound)) ?? {}) as {
    readonly listdatums?: readonly ParsedNode[];
    readonly lowerdatums?: readonly ParsedNode[];
  };
  return (listdatums?.slice(0, 1) ?? lowerdatums).map(literalOf);
}

function literalOf(node: ParsedNode): string | undefined {
  const constant = node["A_Const"] as
    | {
        readonly isnull?: boolean;
        readonly ival?: { readonly ival?: number };
        readonly fval?: { readonly fval: string };
        readonly boolval?: { readonly boolval?: boolean };
        readonly sval?: { readonly sval?: string };
      }
    | undefined;
  if (constant === undefined) {
    return undefined;
  }
  const { isnull, ival, fval, boolval, sval } = constant;
  const text =
    ival?.ival ?? fval?.fval ?? boolval?.boolval ?? sval?.sval ?? (ival ? 0 : boolval ? false : "");
  return isnull === true ? "NULL" : escapeLiteral(String(text));
}
