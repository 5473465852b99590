import type { AccessGrant, AccessMatrix, CatalogChange, Step } from "../model";
import { matrixOf, mergeAccess } from "./accessMatrix";
import { grantWithout, isGrantOn } from "./grantStatements";
import { lockedChanges } from "./readLock";

/**
 * The access matrix once these steps have been applied: the grants of all directives. A grant on an object that a later
 * directive drops is left out; a grant on an object that a later directive renames has the new name.
 *
 * @param matrices by directive, in their order, what its access.yaml adds
 */
export function accessAfter(
  matrices: ReadonlyMap<string, AccessMatrix>,
  steps: readonly Step[],
): AccessMatrix {
  return [...matrices].reduce((before, [directive, matrix]) => {
    // Which objects are dropped and renamed is the same on every major, so any will do.
    const changes = steps
      .filter((step) => step.directive === directive)
      .flatMap((step) => lockedChanges(step));
    return mergeAccess([follow(before, changes), matrix]);
  }, mergeAccess([]));
}

function follow(
  { roles, grants, archiveReaders = [] }: AccessMatrix,
  changes: readonly CatalogChange[],
): AccessMatrix {
  const after = changes.reduce(
    (before, { removed, renamed }) =>
      renamed.reduce(
        (now, one) => now.map((grant) => renameIn(grant, one)),
        removed.reduce((left, { id }) => left.flatMap((one) => grantWithout(one, id)), before),
      ),
    grants,
  );
  return matrixOf(roles, after, archiveReaders);
}

function renameIn(grant: AccessGrant, { from, to }: CatalogChange["renamed"][number]): AccessGrant {
  if (from.kind === "schema") {
    return grant.schema === from.name ? { ...grant, schema: to.name } : grant;
  }
  if (isGrantOn(grant, from)) {
    return { ...grant, schema: to.schema ?? grant.schema, object: to.name };
  }
  const isColumn = from.kind === "column" && from.of !== undefined && isGrantOn(grant, from.of);
  return isColumn && grant.columns !== undefined
    ? { ...grant, columns: grant.columns.map((name) => (name === from.name ? to.name : name)) }
    : grant;
}
