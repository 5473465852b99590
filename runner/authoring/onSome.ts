import { canonicalJson } from "../base/canonicalJson";
import { POSTGRES_MAJORS } from "../postgres/majors";
import { type Baseline, BASELINES, baselineName, DEFAULTS } from "./baseline";
import type { OnSome } from "./lock";

/**
 * Puts what was found on each baseline together: every value once, in the order in which they were found, with where
 * unless that is everywhere.
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
    const on = describeWhere(where);
    return on === undefined ? value : { ...value, on };
  });
}

/** Whether a value was found on that baseline. */
export function isOn({ on }: OnSome<object>, { major, defaults }: Baseline): boolean {
  const words: readonly string[] = [String(major), defaults];
  return on === undefined || on.some((one) => one.split(" ").every((word) => words.includes(word)));
}

/** The fewest words for a set of baselines; undefined for all of them. */
function describeWhere(where: ReadonlySet<string>): readonly string[] | undefined {
  const all = (baselines: readonly Baseline[]): boolean =>
    baselines.every((one) => where.has(baselineName(one)));
  if (all(BASELINES)) {
    return undefined;
  }
  const words: readonly string[] = [...DEFAULTS, ...POSTGRES_MAJORS.map(String)].filter((word) =>
    all(BASELINES.filter((one) => isOn({ on: [word] }, one))),
  );
  const rest = BASELINES.filter(
    (one) => where.has(baselineName(one)) && !words.some((word) => isOn({ on: [word] }, one)),
  );
  return [...words, ...rest.map(baselineName)];
}
