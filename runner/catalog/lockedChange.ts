import { lockedChanges } from "../directive/readLock";
import type { CatalogChange, Step } from "../model";
import { DEFAULT_POSTGRES_MAJOR, POSTGRES_MAJORS, type PostgresMajor } from "../postgres/majors";
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

/** The supported major that is closest to a server's: for a newer server the newest. */
export function lockedMajor(serverMajor: number): PostgresMajor {
  return POSTGRES_MAJORS.findLast((major) => major <= serverMajor) ?? POSTGRES_MAJORS[0];
}
