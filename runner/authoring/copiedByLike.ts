import type { RangeVar } from "libpg-query";
import type { DescribedCatalog } from "../catalog/describe";
import type { ObjectId, Statement } from "../model";
import { sameName } from "../postgres/names";
import { parseStatement } from "../sql/expression";
import { qualifiedName } from "../sql/tree";

/**
 * The tables, views and types whose columns a statement copies with LIKE. PostgreSQL records no reference to them, and reads
 * no row of them.
 *
 * @param before the catalog before the statement
 */
export async function copiedByLike(
  { bytes }: Statement,
  before: DescribedCatalog,
): Promise<readonly ObjectId[]> {
  const names = sourcesIn(await parseStatement(bytes.toString("utf8"))).map(qualifiedName);
  return [...before.values()]
    .map(({ id }) => id)
    .filter(
      ({ of, schema = "", name }) =>
        of === undefined && names.some((one) => sameName(one, { schema, name })),
    );
}

function sourcesIn(node: unknown): readonly RangeVar[] {
  if (typeof node !== "object" || node === null) {
    return [];
  }
  return Object.entries(node).flatMap(([key, value]) =>
    key === "TableLikeClause"
      ? ((value as { relation?: RangeVar }).relation ?? [])
      : sourcesIn(value),
  );
}
