import { existsSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson, digestOf } from "../base/canonicalJson";
import type { AccessGrant, AccessMatrix } from "../model";
import { readAccessFile } from "./accessFile";
import { readDirectiveYaml, refuseFaults } from "./directiveYaml";

/**
 * Reads one directive's access matrix.
 *
 * @param optionalAmendments the chosen ones: an object that another one would make is left out
 * @param earlier the roles of the directives before, each with its directive
 * @throws MANIFEST_INVALID where the file is not there or is not a matrix, with the place of each fault
 */
export function loadAccess(
  sqlFolder: string,
  directive: string,
  optionalAmendments: readonly string[] = [],
  earlier: ReadonlyMap<string, string> = new Map(),
): AccessMatrix {
  const read = readDirectiveYaml(join(sqlFolder, directive), directive, "access.yaml");
  refuseFaults(read, "the matrix");
  const { roles, grants, archiveReaders } = readAccessFile(read.yaml, earlier, optionalAmendments);
  refuseFaults(read, "the matrix");
  return matrixOf(roles, grants, archiveReaders ?? []);
}

/**
 * Reads what each of these directives adds to the access matrix, in their order. The first one's file names the roles; a
 * later one grants to them, may name more, and may be left out.
 *
 * @throws MANIFEST_INVALID as {@link loadAccess}, and where a role is named twice
 */
export function loadMatrices(
  sqlFolder: string,
  directives: readonly string[],
  optionalAmendments: readonly string[],
): readonly AccessMatrix[] {
  const roles = new Map<string, string>();
  return directives.map((name, index) => {
    if (index > 0 && !existsSync(join(sqlFolder, name, "access.yaml"))) {
      return matrixOf({}, [], []);
    }
    const matrix = loadAccess(sqlFolder, name, optionalAmendments, roles);
    Object.keys(matrix.roles).forEach((role) => roles.set(role, name));
    return matrix;
  });
}

/** Merges several directives' matrices. Grants of one role on the same object become one grant. */
export function mergeAccess(matrices: readonly AccessMatrix[]): AccessMatrix {
  const roles = Object.assign({}, ...matrices.map((one) => one.roles)) as AccessMatrix["roles"];
  const merged = new Map<string, AccessGrant>();
  for (const grant of matrices.flatMap((one) => one.grants)) {
    const { role, objectType, schema, object = null, columns, privileges } = grant;
    const key = canonicalJson([role, objectType, schema, object, columns && privileges]);
    merged.set(key, joinGrants(merged.get(key), grant));
  }
  const grants = [...merged.values()];
  const readers = matrices.flatMap(({ archiveReaders = [] }) => archiveReaders);
  return matrixOf(roles, grants, [...new Set(readers)].sort());
}

function joinGrants(one: AccessGrant | undefined, other: AccessGrant): AccessGrant {
  if (one === undefined) {
    return other;
  }
  const privileges = [...new Set([...one.privileges, ...other.privileges])].sort();
  return one.columns === undefined
    ? { ...one, privileges }
    : { ...one, columns: [...new Set([...one.columns, ...(other.columns ?? [])])] };
}

/** The matrix of these roles, grants and readers of archives, with its digest. */
export function matrixOf(
  roles: AccessMatrix["roles"],
  grants: readonly AccessGrant[],
  archiveReaders: readonly string[],
): AccessMatrix {
  const sha256 = digestOf({ roles: Object.keys(roles), grants, archiveReaders });
  return { roles, grants, archiveReaders, sha256 };
}

/** The digest of who may do what: the access matrix, and the logins that are members of its roles. */
export function accessDigest({
  access,
  members,
}: {
  readonly access: Pick<AccessMatrix, "sha256">;
  readonly members: Readonly<Record<string, readonly string[]>>;
}): string {
  return digestOf({ matrix: access.sha256, members });
}
