import { readLockedChange } from "../directive/readLock";
import type { CatalogChange, Step } from "../model";
import { DEFAULT_POSTGRES_MAJOR, POSTGRES_MAJORS, type PostgresMajor } from "../postgres/majors";
import { sumChanges } from "./sum";

/**
 * What these steps do together, by their locks: each statement's change, summed strictly in their order. Who may do what on
 * what they add is not told by it: that depends on default privileges, and is the access matrix's.
 *
 * @param major of the server: a view's text may differ. Default: what matters is only which objects there are
 * @throws CHANGES_CONFLICT where a step does not fit those before it
 */
export function changeOf(
  steps: readonly Step[],
  major: PostgresMajor = DEFAULT_POSTGRES_MAJOR,
): CatalogChange {
  return sumChanges(
    steps.flatMap(({ statements }) =>
      statements.flatMap(({ locked }) =>
        locked === undefined ? [] : [readLockedChange(locked, { major, defaults: "closed" })],
      ),
    ),
  );
}

/** The supported major of a server; of one that is newer, the newest: it speaks most like it. */
export function lockedMajor(serverMajor: number): PostgresMajor {
  return POSTGRES_MAJORS.findLast((major) => major <= serverMajor) ?? POSTGRES_MAJORS[0];
}
