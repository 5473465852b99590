import { isOn, titleOf } from "../catalog/kinds/objectId";
import { isList } from "../catalog/propertyValue";
import type { CatalogChange, CatalogObject, ObjectId, PropertyValue } from "../model";
import { count } from "../pages/blocks";

/** Longer values, such as a view's text, are not shown: only that they have changed. */
const SHORT = 60;

/** A line for each object of a change; the parts of an added object are counted: `with 3 columns`. */
export function describeChange({
  added,
  changed,
  renamed,
  removed,
}: CatalogChange): readonly string[] {
  return [
    ...wholes(added).map((id) => `added ${titleOf(id)}${describeParts(id, added)}`),
    ...changed.flatMap(({ id, properties }) =>
      Object.entries(properties).map(
        ([name, { from, to }]) => `changed ${titleOf(id)}: ${describeProperty(name, from, to)}`,
      ),
    ),
    ...renamed.map(({ from, to }) => `renamed ${titleOf(from)} to ${titleOf(to)}`),
    ...wholes(removed).map((id) => `took away ${titleOf(id)}`),
  ];
}

/** The objects that are not parts of others among them. */
function wholes(objects: readonly CatalogObject[]): readonly ObjectId[] {
  return objects.map(({ id }) => id).filter((id) => !objects.some((one) => isOn(id, one.id)));
}

function describeParts(whole: ObjectId, objects: readonly CatalogObject[]): string {
  const kinds = objects.filter(({ id }) => isOn(id, whole)).map(({ id }) => id.kind);
  const counts = [...new Set(kinds)].map((kind) =>
    count(kinds.filter((one) => one === kind).length, kind, pluralOf(kind)),
  );
  return counts.length === 0 ? "" : `, with ${counts.join(", ")}`;
}

function pluralOf(kind: string): string {
  return kind.endsWith("x") ? `${kind}es` : `${kind.replace(/y$/, "ie")}s`;
}

function describeProperty(name: string, from: PropertyValue, to: PropertyValue): string {
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
