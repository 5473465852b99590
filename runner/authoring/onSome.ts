import { canonicalJson } from "../base/canonicalJson";
import type { Baseline } from "../directive/lock";
import { isFoundOn } from "../directive/readLock";
import type { OnSome } from "../model";
import { POSTGRES_MAJORS } from "../postgres/majors";
import { baselineName, DEFAULTS } from "./baseline";

/**
 * Merges the values that were found on each baseline: every value once, in the order in which they were found, and with the
 * baselines where it was not found on all of them.
 */
export function mergeFound<T extends object>(
  found: readonly { readonly baseline: Baseline; readonly values: readonly T[] }[],
): readonly OnSome<T>[] {
  const merged = new Map<string, { readonly value: T; readonly where: Set<string> }>();
  for (const { baseline, values } of found) {
    for (const value of values) {
      const text = canonicalJson(value);
      const one = merged.get(text) ?? { value, where: new Set() };
      merged.set(text, one);
      one.where.add(baselineName(baseline));
    }
  }
  return [...merged.values()].map(({ value, where }) => {
    const on = describeWhere(
      where,
      found.map(({ baseline }) => baseline),
    );
    return on === undefined ? value : { ...value, on };
  });
}

/** The shortest description of a set of baselines; undefined for all that were tried. */
function describeWhere(
  where: ReadonlySet<string>,
  tried: readonly Baseline[],
): readonly string[] | undefined {
  const isHere = (one: Baseline): boolean => where.has(baselineName(one));
  if (tried.every(isHere)) {
    return undefined;
  }
  const words: readonly string[] = [...DEFAULTS, ...POSTGRES_MAJORS.map(String)].filter((word) => {
    const those = tried.filter((one) => isFoundOn({ on: [word] }, one));
    return those.length > 0 && those.every(isHere);
  });
  const rest = tried.filter(
    (one) => isHere(one) && !words.some((word) => isFoundOn({ on: [word] }, one)),
  );
  return [...words, ...rest.map(baselineName)];
}
