import type { AccessGrant, AccessMatrix, CatalogChange, Step } from "../model";
import { DEFAULT_POSTGRES_MAJOR } from "../postgres/majors";
import { matrixOf, mergeAccess } from "./accessMatrix";
import { isGrantOn } from "./grantStatements";
import { readLockedChange } from "./readLock";

/**
 * Who may do what once these steps have been applied: what the directives grant, each on what is there behind it. A grant on
 * what a later directive takes away is gone with it; on what a later one renames it is a grant on the new name.
 *
 * @param matrices by directive, in their order, what its access.yaml adds
 */
export function accessAfter(
  matrices: ReadonlyMap<string, AccessMatrix>,
  steps: readonly Step[],
): AccessMatrix {
  return [...matrices].reduce((before, [directive, matrix]) => {
    const changes = steps.filter((step) => step.directive === directive).flatMap(changesOf);
    return mergeAccess([follow(before, changes), matrix]);
  }, mergeAccess([]));
}

/** Only which objects there are matters, and that is the same on every server. */
function changesOf({ statements }: Step): readonly CatalogChange[] {
  return statements.flatMap(({ locked }) =>
    locked === undefined
      ? []
      : [readLockedChange(locked, { major: DEFAULT_POSTGRES_MAJOR, defaults: "closed" })],
  );
}

function follow(
  { roles, grants, archiveReaders = [] }: AccessMatrix,
  changes: readonly CatalogChange[],
): AccessMatrix {
  const after = changes.reduce(
    (before, { removed, renamed }) =>
      renamed.reduce(
        (now, one) => now.map((grant) => renameIn(grant, one)),
        before.flatMap((grant) => leave(grant, removed)),
      ),
    grants,
  );
  return matrixOf(roles, after, archiveReaders);
}

/** What is left of a grant once these have been taken away: of one on columns, perhaps some of them. */
function leave(grant: AccessGrant, removed: CatalogChange["removed"]): readonly AccessGrant[] {
  if (removed.some(({ id }) => isGrantOn(grant, id))) {
    return [];
  }
  const { columns } = grant;
  const left = columns?.filter(
    (name) =>
      !removed.some(
        ({ id: { kind, name: column, of } }) =>
          kind === "column" && column === name && of !== undefined && isGrantOn(grant, of),
      ),
  );
  if (left === undefined) {
    return [grant];
  }
  return left.length === 0 ? [] : [{ ...grant, columns: left }];
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
