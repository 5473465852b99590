import type { PropertyValue } from "../model";

export function isList(value: PropertyValue): value is readonly string[] {
  return Array.isArray(value);
}

/** A list that is not there has no entries. */
export function entriesOf(value: PropertyValue): readonly string[] {
  return isList(value) ? value : [];
}
