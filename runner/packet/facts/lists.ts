/** The first items of a list, and how many more there are: `a, b and 3 more`; `nothing` for an empty list. */
export function some(items: readonly string[], most: number, separator = ", "): string {
  const left = items.length - most;
  const shown = items.slice(0, most).join(separator);
  return items.length === 0 ? "nothing" : left > 0 ? `${shown} and ${left} more` : shown;
}

/** The items by key; the keys are in the order of their first items. */
export function grouped<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item)) ?? [];
    group.push(item);
    groups.set(keyOf(item), group);
  }
  return groups;
}
