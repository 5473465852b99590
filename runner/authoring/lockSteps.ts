import { formerId, keyOf, renamedBefore } from "../catalog/kinds/objectId";
import type { Baseline, LockedStep } from "../directive/lock";
import type { LockedStatement, ObjectId, OnSome, Step, TouchedTables } from "../model";
import { DEFAULTS } from "./baseline";
import { lockInverse } from "./lockInverse";
import { lockSlice } from "./lockInverse";
import { Made } from "./made";
import type { Found, ObservedStep } from "./observe";
import { mergeFound } from "./onSome";
import type { ObservedStatement } from "./watch";

type FoundStatement = ObservedStatement & { readonly baseline: Baseline };

/**
 * The steps of a lock, in their order: the observations on all baselines, merged.
 *
 * @throws DIRECTIVE_REFUSED where an inverse leaves something
 */
export function lockSteps(steps: readonly Step[], found: readonly Found[]): readonly LockedStep[] {
  const made = new Made();
  const ordered = (found[0]?.steps ?? []).map(({ step }) => step);
  const locked = new Map<string, LockedStep>();
  for (const step of ordered) {
    const observed = observedOn(found, step);
    const inverse = lockInverse(step, observed, made);
    const statements = step.statements.map((_, index) => {
      const one = observed.flatMap(({ baseline, statements: all }) =>
        all.slice(index, index + 1).map((statement) => ({ baseline, ...statement })),
      );
      const statement = lockStatement(one, made);
      made.add(step.id, one);
      return statement;
    });
    const { id, kind, required, file, syntax } = step;
    locked.set(id, { step: id, kind, required, file, syntax, inverse, statements });
  }
  return steps.flatMap(({ id }) => locked.get(id) ?? []);
}

/** The observations of one step on all baselines. */
export function observedOn(
  found: readonly Found[],
  step: Step,
): readonly (ObservedStep & { readonly baseline: Baseline })[] {
  return found.flatMap(({ baseline, steps }) =>
    steps.filter((one) => one.step === step).map((one) => ({ baseline, ...one })),
  );
}

function lockStatement(found: readonly FoundStatement[], made: Made): LockedStatement {
  const merged = <T extends object>(
    read: (one: FoundStatement) => readonly T[],
  ): readonly OnSome<T>[] =>
    mergeFound(found.map((one) => ({ baseline: one.baseline, values: read(one) })));
  const lists = {
    added: merged(({ change }) => change.added),
    changed: merged(({ change }) => change.changed),
    renamed: merged(({ change }) => change.renamed),
    removed: merged(({ change }) => change.removed),
  };
  const [first = missing()] = found;
  return {
    ...lockSlice(first),
    // From all baselines: a name that is a built-in only on a later major counts, too.
    builtIns: [...new Set(found.flatMap(({ builtIns }) => builtIns))].sort(),
    ...(Object.values(lists).flat().some(dependsOnDefaults) ? { depends: true as const } : {}),
    ...lists,
    needs: merged((one) => distinct(needsOf(one)).filter((id) => !made.has(id))),
    tables: merged(({ tables }): readonly Partial<TouchedTables>[] => {
      const touched = Object.entries<readonly string[]>({ ...tables }).filter(
        ([, names]) => names.length > 0,
      );
      return touched.length === 0 ? [] : [Object.fromEntries(touched)];
    }),
  };
}

/**
 * The objects that a statement needs: those that it changes, renames or drops, by their names before it; those to which it
 * adds parts; and those that it refers to.
 */
function needsOf({ change, references }: FoundStatement): readonly ObjectId[] {
  const added = new Set(change.added.map(({ id }) => keyOf(id)));
  return [
    ...change.changed.map(({ id }) => formerId(id, change.renamed)),
    ...renamedBefore(change.renamed),
    ...change.removed.map(({ id }) => id),
    ...change.added.flatMap(({ id }) => id.of ?? []).filter((of) => !added.has(keyOf(of))),
    ...references.filter((id) => !added.has(keyOf(id))),
  ];
}

/** The ids without duplicates, sorted. */
function distinct(ids: readonly ObjectId[]): readonly ObjectId[] {
  const byKey = new Map(ids.map((id) => [keyOf(id), id]));
  return [...byKey].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, id]) => id);
}

function dependsOnDefaults(line: OnSome<object>): boolean {
  return (
    line.on?.some((one) => DEFAULTS.some((defaults) => one.split(" ").includes(defaults))) ?? false
  );
}

function missing(): never {
  throw new Error("a statement that ran on no server");
}
