import type { ObjectId, Step } from "../model";
import { keyOf } from "./kinds/objectId";
import { rootOf } from "./snapshotKey";

/** What these steps need and none of them makes, by their locks: tables, types, functions, roles of others, each once. */
export function neededOfOthers(steps: readonly Step[]): readonly ObjectId[] {
  const made = new Set<string>();
  const needed = new Map<string, ObjectId>();
  for (const { locked } of steps.flatMap(({ statements }) => statements)) {
    for (const root of (locked?.needs ?? []).map(rootOf)) {
      if (!made.has(keyOf(root))) {
        needed.set(keyOf(root), root);
      }
    }
    locked?.added.forEach(({ id }) => made.add(keyOf(id)));
    locked?.renamed.forEach(({ to }) => made.add(keyOf(to)));
  }
  return [...needed.values()];
}
