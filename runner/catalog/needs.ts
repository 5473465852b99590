import type { ObjectId, OnSome, Step } from "../model";
import { formerId, keyOf, rootOf } from "./kinds/objectId";

/** An object of others that a step needs. */
export interface Needed {
  /** By its name before the steps. */
  readonly id: ObjectId;
  /** The first step that needs it. */
  readonly step: Step;
}

/** The objects that these steps need and do not make, by their locks, each once: relations, columns, types, functions, roles. */
export function neededOfOthers(steps: readonly Step[]): readonly Needed[] {
  const made = new Set<string>();
  const needed = new Map<string, Needed>();
  const renamed: OnSome<{ from: ObjectId; to: ObjectId }>[] = [];
  for (const step of steps) {
    for (const { locked } of step.statements) {
      // After a statement that renames an object, the lock uses the new name.
      renamed.push(...(locked?.renamed ?? []));
      for (const id of (locked?.needs ?? []).map((one) => formerId(withoutPlace(one), renamed))) {
        if (!isAmong(made, id) && !needed.has(keyOf(id))) {
          needed.set(keyOf(id), { id, step });
        }
      }
      locked?.added.forEach(({ id }) => made.add(keyOf(formerId(id, renamed))));
    }
  }
  return [...needed.values()];
}

/** Whether the object, or one that it is part of, is among these. */
function isAmong(keys: ReadonlySet<string>, id: ObjectId): boolean {
  return keys.has(keyOf(id)) || (id.of !== undefined && isAmong(keys, id.of));
}

/** The needed objects, each once; instead of a part, the object that it is part of: a column's table. */
export function rootsOf(needed: readonly Needed[]): readonly ObjectId[] {
  const roots = needed.map(({ id }) => rootOf(id));
  return [...new Map(roots.map((root) => [keyOf(root), root])).values()];
}

/** An object that is needed on some baselines only counts as needed. */
function withoutPlace({ kind, schema, name, of }: OnSome<ObjectId>): ObjectId {
  return { kind, name, ...(schema === undefined ? {} : { schema }), ...(of && { of }) };
}
