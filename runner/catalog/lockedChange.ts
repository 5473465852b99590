import { Fault } from "../base/fault";
import { lockedChanges } from "../directive/readLock";
import type { CatalogChange, ObjectId, Step } from "../model";
import { DEFAULT_POSTGRES_MAJOR, POSTGRES_MAJORS, type PostgresMajor } from "../postgres/majors";
import { formerId, keyOf, laterId, rootOf } from "./kinds/objectId";
import { sumChanges } from "./sum";

/**
 * What these steps do together, by their locks: the statements' changes, summed strictly in their order. Without privileges
 * on the objects that they add: those depend on default privileges, and the access matrix decides about them.
 *
 * @param major of the server: a view's text may differ by it. The default will do where only the objects' names matter
 * @throws CHANGES_CONFLICT where a step does not fit the steps before it
 */
export function changeOf(
  steps: readonly Step[],
  major: PostgresMajor = DEFAULT_POSTGRES_MAJOR,
): CatalogChange {
  return sumChanges(steps.flatMap((step) => lockedChanges(step, major)));
}

/**
 * What these steps rename, in turn. Unlike their sum, it also tells tables apart that exchange their names: in the sum these
 * are the same two names as before.
 */
export function renamesOf(steps: readonly Pick<Step, "statements">[]): CatalogChange["renamed"] {
  return steps.flatMap((step) => lockedChanges(step)).flatMap(({ renamed }) => renamed);
}

/**
 * The objects that these steps make, by their names after them. Unlike in their sum, also those that take the place of an
 * object of the same name, which they drop.
 */
export function madeObjects(steps: readonly Step[]): readonly ObjectId[] {
  let made: ObjectId[] = [];
  for (const { added, renamed, removed } of steps.flatMap((step) => lockedChanges(step))) {
    if (removed.length > 0) {
      const gone = new Set(removed.map(({ id }) => keyOf(id)));
      made = made.filter((id) => !gone.has(keyOf(id)));
    }
    if (renamed.length > 0) {
      made = made.map((id) => laterId(id, renamed));
    }
    made.push(...added.map(({ id }) => id));
  }
  return made;
}

/**
 * The objects that were there before these steps and that the steps drop, by their names before them. Unlike in their sum,
 * also those in whose place they make another of the same name.
 */
export function removedObjects(steps: readonly Step[]): readonly ObjectId[] {
  const made = new Set<string>();
  const gone: ObjectId[] = [];
  let before: CatalogChange["renamed"] = [];
  for (const { added, renamed, removed } of steps.flatMap((step) => lockedChanges(step))) {
    gone.push(
      ...removed.filter(({ id }) => !made.has(keyOf(id))).map(({ id }) => formerId(id, before)),
    );
    for (const { id } of added) {
      made.add(keyOf(id));
    }
    before = [...before, ...renamed];
  }
  return gone;
}

/**
 * The objects of earlier steps on which these steps grant or revoke, by their names after the steps: the access matrix
 * decides about those.
 */
export function grantedObjects(steps: readonly Step[]): readonly ObjectId[] {
  const made = new Set(madeObjects(steps).map(keyOf));
  return steps
    .flatMap(({ grantsOn = [] }, index) => {
      const renamed = grantsOn.length === 0 ? [] : renamesOf(steps.slice(index + 1));
      return grantsOn.map((id) => laterId(rootOf(id), renamed));
    })
    .filter((id) => !made.has(keyOf(id)));
}

/**
 * Every step that may have run somewhere: without the optional ones that do not fit the others, where a later directive does
 * what they do.
 */
export function fittingSteps(steps: readonly Step[]): readonly Step[] {
  const optional = steps.filter(({ required }) => !required);
  if (optional.length === 0 || isSum(steps)) {
    return steps;
  }
  const without = (out: readonly Step[]): readonly Step[] =>
    steps.filter((step) => !out.includes(step));
  const unfit = optional.reduce<readonly Step[]>((out, step) => {
    const fewer = out.filter((one) => one !== step);
    return isSum(without(fewer)) ? fewer : out;
  }, optional);
  return without(unfit);
}

function isSum(steps: readonly Step[]): boolean {
  try {
    changeOf(steps);
    return true;
  } catch (error) {
    if (error instanceof Fault && error.code === "CHANGES_CONFLICT") {
      return false;
    }
    throw error;
  }
}

/** The supported major that is closest to a server's: for a newer server the newest. */
export function lockedMajor(serverMajor: number): PostgresMajor {
  return POSTGRES_MAJORS.findLast((major) => major <= serverMajor) ?? POSTGRES_MAJORS[0];
}
