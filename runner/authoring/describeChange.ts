import { keyOf } from "../catalog/kinds/objectId";
import type { CatalogChange } from "../model";

/** A line for each object of a change. */
export function describeChange({
  added,
  changed,
  renamed,
  removed,
}: CatalogChange): readonly string[] {
  return [
    ...added.map(({ id }) => `  added: ${keyOf(id)}`),
    ...changed.map(
      ({ id, properties }) => `  changed: ${keyOf(id)}, ${Object.keys(properties).join(", ")}`,
    ),
    ...renamed.map(({ from, to }) => `  renamed: ${keyOf(from)} to ${to.name}`),
    ...removed.map(({ id }) => `  removed: ${keyOf(id)}`),
  ];
}
