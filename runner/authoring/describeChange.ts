import { keyOf } from "../catalog/kinds/objectId";
import { isList } from "../catalog/propertyValue";
import type { CatalogChange, PropertyValue } from "../model";

/** Longer values, such as a view's text, are not shown: only that they have changed. */
const SHORT = 60;

/** A line for each object of a change. */
export function describeChange({
  added,
  changed,
  renamed,
  removed,
}: CatalogChange): readonly string[] {
  return [
    ...added.map(({ id }) => `  added: ${keyOf(id)}`),
    ...changed.flatMap(({ id, properties }) =>
      Object.entries(properties).map(
        ([name, { from, to }]) => `  changed: ${keyOf(id)}, ${describeProperty(name, from, to)}`,
      ),
    ),
    ...renamed.map(({ from, to }) => `  renamed: ${keyOf(from)} to ${to.name}`),
    ...removed.map(({ id }) => `  removed: ${keyOf(id)}`),
  ];
}

/** A property's change in a few words. */
export function describeProperty(name: string, from: PropertyValue, to: PropertyValue): string {
  if (isList(from) || isList(to)) {
    const gone = isList(from) ? from.map((entry) => `without ${entry}`) : [];
    const come = isList(to) ? to.map((entry) => `with ${entry}`) : [];
    return `${name} ${[...gone, ...come].join(", ")}`;
  }
  const was = wordOf(from);
  const is = wordOf(to);
  return was.length > SHORT || is.length > SHORT ? `its ${name}` : `${name} from ${was} to ${is}`;
}

function wordOf(value: PropertyValue): string {
  return value === null ? "nothing" : String(value);
}
