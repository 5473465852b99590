import { fault } from "../base/fault";
import type { DescribedCatalog, DescribedObject } from "../catalog/describe";
import { isOn, keyOf, titleOf } from "../catalog/kinds/objectId";

/**
 * The tables and columns that were dropped and made again under the same name between two states of a catalog. The catalog
 * looks as before, but the rows are gone, and no archive has them. Without generated columns.
 */
export function remadeBetween(
  before: DescribedCatalog,
  after: DescribedCatalog,
): readonly string[] {
  const kept = new Set([...after.values()].map(({ address }) => address));
  const isRemade = ({ id, address, properties }: DescribedObject): boolean =>
    (id.kind === "table" || (id.of?.kind === "table" && id.kind === "column")) &&
    properties["generated"] === undefined &&
    !kept.has(address) &&
    after.has(keyOf(id));
  const remade = [...before.values()].filter(isRemade);
  return remade
    .filter(({ id }) => !remade.some((other) => isOn(id, other.id)))
    .map(({ id }) => titleOf(id));
}

/**
 * Refuses a directive that drops a table or a column of others and makes it again under the same name.
 *
 * @throws DIRECTIVE_REFUSED
 */
export function expectNoneRemade(
  directive: string,
  found: readonly Readonly<Record<"before" | "after", DescribedCatalog>>[],
): void {
  const remade = new Set(found.flatMap(({ before, after }) => remadeBetween(before, after)));
  if (remade.size > 0) {
    throw fault("DIRECTIVE_REFUSED", {
      what: `comparing the tables and columns before and after ${directive}`,
      found: "some that were dropped and made again under the same name",
      expected: "none: no archive would have their rows",
      remedy: "Change or rename them instead",
      detail: [...remade].map((one) => `  ${one}`),
    });
  }
}
