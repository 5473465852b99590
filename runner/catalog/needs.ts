import type { ObjectId, OnSome, Step } from "../model";
import { keyOf } from "./kinds/objectId";
import { formerId } from "./rename";
import { rootOf } from "./snapshotKey";

/** What a step needs of others, under the name that it has before the steps. */
export interface Needed {
  readonly id: ObjectId;
  /** The first that needs it. */
  readonly step: Step;
}

/** What these steps need and none of them makes, by their locks: relations, columns, types, functions, roles of others, each once. */
export function neededOfOthers(steps: readonly Step[]): readonly Needed[] {
  const made = new Set<string>();
  const needed = new Map<string, Needed>();
  const renamed: OnSome<{ from: ObjectId; to: ObjectId }>[] = [];
  for (const step of steps) {
    for (const { locked } of step.statements) {
      // A statement that renames something tells the rest by the new name.
      renamed.push(...(locked?.renamed ?? []));
      for (const id of (locked?.needs ?? []).map((one) => formerId(withoutPlace(one), renamed))) {
        if (!made.has(keyOf(rootOf(id))) && !needed.has(keyOf(id))) {
          needed.set(keyOf(id), { id, step });
        }
      }
      locked?.added.forEach(({ id }) => made.add(keyOf(formerId(id, renamed))));
    }
  }
  return [...needed.values()];
}

/** The objects in which that lies: of a column its table; each once. */
export function rootsOf(needed: readonly Needed[]): readonly ObjectId[] {
  const roots = needed.map(({ id }) => rootOf(id));
  return [...new Map(roots.map((root) => [keyOf(root), root])).values()];
}

/** Needed on some servers is needed: where it is not, it does no harm. */
function withoutPlace({ kind, schema, name, of }: OnSome<ObjectId>): ObjectId {
  return { kind, name, ...(schema === undefined ? {} : { schema }), ...(of && { of }) };
}
