import type { PropertyValue } from "../model";

export function isList(value: PropertyValue): value is readonly string[] {
  return Array.isArray(value);
}

/** The entries of a list; none where the value is no list. */
export function entriesOf(value: PropertyValue): readonly string[] {
  return isList(value) ? value : [];
}
