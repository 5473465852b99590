/** The first items of a list, and how many more there are: `a, b and 3 more`; `nothing` for an empty list. */
export function some(items: readonly string[], most: number, separator = ", "): string {
  const left = items.length - most;
  const shown = items.slice(0, most).join(separator);
  return items.length === 0 ? "nothing" : left > 0 ? `${shown} and ${left} more` : shown;
}
