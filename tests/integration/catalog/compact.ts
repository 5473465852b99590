import { keyOf, titleOf } from "../../../runner/catalog/kinds/objectId";
import { isList } from "../../../runner/catalog/propertyValue";
import type { CatalogChange, CatalogObject, ObjectId, PropertyValue } from "../../../runner/model";

/** A change in lines: `+ table app.t (2 column, 1 index)`, `~ column a of table app.t: type bigint, was integer`. */
export function compact({ added, changed, renamed, removed }: CatalogChange): readonly string[] {
  return [
    ...roots(added).map((line) => `+ ${line}`),
    ...changed.flatMap(({ id, properties }) =>
      Object.entries(properties).map(
        ([name, { from, to }]) => `~ ${titleOf(id)}: ${name}${became(valueOf(from), valueOf(to))}`,
      ),
    ),
    ...renamed.map(({ from, to }) => `${titleOf(from)} -> ${titleOf(to)}`),
    ...roots(removed).map((line) => `- ${line}`),
  ];
}

/** An object that belongs to another one of the list is only counted, in the other's line. */
function roots(objects: readonly CatalogObject[]): readonly string[] {
  const keys = new Set(objects.map(({ id }) => keyOf(id)));
  const isOn = ({ of }: ObjectId): boolean => of !== undefined && keys.has(keyOf(of));
  return objects
    .filter(({ id }) => !isOn(id))
    .map(({ id }) => {
      const on = objects.filter(
        ({ id: other }) => other.of !== undefined && keyOf(other.of) === keyOf(id),
      );
      const kinds = [...new Set(on.map((one) => one.id.kind))];
      const counts = kinds.map(
        (kind) => `${on.filter((one) => one.id.kind === kind).length} ${kind}`,
      );
      return titleOf(id) + (counts.length === 0 ? "" : ` (${counts.join(", ")})`);
    });
}

/** Definitions are long: that they differ is enough. */
function became(from: string, to: string): string {
  return `${from}${to}`.length > 60 ? "" : ` ${to}, was ${from}`;
}

function valueOf(value: PropertyValue): string {
  return isList(value) ? `[${value.join(", ")}]` : String(value ?? "nothing");
}
