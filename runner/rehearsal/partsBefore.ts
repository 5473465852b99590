import { formerId, isSameObject, laterId } from "../catalog/kinds/objectId";
import type { CatalogChange, CatalogObject, ObjectId } from "../model";

// The rehearsal runs the applied steps again, and so needs the target as it was before them: objects have their former names
// and properties again, without the parts that the steps added and with those that they dropped. All of this comes from the
// steps' locks: `change` is their sum, with each rename in turn.

export type Properties = CatalogObject["properties"];

/** The former values of what the steps changed of an object. */
export function formerProperties({ changed }: CatalogChange, now: ObjectId): Properties {
  const found = changed.find(({ id }) => isSameObject(id, now));
  return Object.fromEntries(
    Object.entries(found?.properties ?? {}).map(([name, { from }]) => [name, from]),
  );
}

/** The objects of these kinds that the steps dropped: they exist again. */
export function dropped({ removed }: CatalogChange, ...kinds: readonly string[]) {
  return removed.filter(({ id }) => kinds.includes(id.kind));
}

/**
 * An object's parts of one kind before the applied steps.
 *
 * @param parts the present ones; of an object that the steps dropped there are none
 * @param of the object, by its former name
 * @param readAs what a part has by its properties of the catalog, of which only some may be given
 * @param empty what a dropped part has besides
 */
export function partsBefore<T extends { readonly name: string }>(
  parts: readonly T[],
  kind: string,
  of: ObjectId,
  change: CatalogChange,
  readAs: (properties: Properties) => Partial<Omit<T, "name">>,
  empty: Omit<T, "name">,
): readonly T[] {
  const now = laterId(of, change.renamed);
  const idOf = ({ name }: T): ObjectId => ({ kind, name, of: now });
  const isAdded = (part: T): boolean => change.added.some(({ id }) => isSameObject(id, idOf(part)));
  return [
    ...parts
      .filter((part) => !isAdded(part))
      .map((part) => ({
        ...part,
        ...readAs(formerProperties(change, idOf(part))),
        name: formerId(idOf(part), change.renamed).name,
      })),
    ...dropped(change, kind)
      .filter(({ id }) => id.of !== undefined && isSameObject(id.of, of))
      .map(({ id, properties }) => ({ ...empty, ...readAs(properties), name: id.name }) as T),
  ];
}
