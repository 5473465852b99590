import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { digestOf } from "../base/canonicalJson";
import { fault, messageOf } from "../base/fault";

/** One grant: a role's privileges on one object, on the whole of it or on some of its columns. */
export interface AccessGrant {
  readonly role: string;
  readonly objectType: "schema" | "table" | "column";
  readonly schema: string;
  /** The table's or view's name; absent for a schema. */
  readonly object?: string;
  /** In the matrix's order; absent where the privilege is on the whole object. */
  readonly columns?: readonly string[];
  /** PostgreSQL's words, sorted: SELECT, INSERT, UPDATE, USAGE. */
  readonly privileges: readonly string[];
}

/** sql/<directive>/access.yaml, read: the group roles with what they are for, and every grant. */
export interface AccessMatrix {
  readonly roles: Readonly<Record<string, string>>;
  readonly grants: readonly AccessGrant[];
  /** Who reads the archives that a rollback makes, sorted. Absent: nobody but their owner. */
  readonly archiveReaders?: readonly string[];
  /** The sha256 of the matrix's meaning: white space and comments of the file do not count. */
  readonly sha256: string;
}

type Groups = Readonly<Record<string, readonly string[]>>;
type TableEntry = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
interface AccessFile {
  readonly roles: Readonly<Record<string, string>>;
  readonly schemas: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly tables: Readonly<
    Record<string, TableEntry & { readonly columns?: Groups; readonly amendment?: string }>
  >;
  readonly archives?: Readonly<Record<string, readonly string[]>>;
}

/**
 * Reads the access matrix.
 *
 * @param optionalAmendments the chosen ones: an object that another one would make is left out
 * @throws MANIFEST_INVALID where the file is not there or names a role or a group that it does not define
 */
export function loadAccess(
  sqlFolder: string,
  directive: string,
  optionalAmendments: readonly string[] = [],
): AccessMatrix {
  const name = `sql/${directive}/access.yaml`;
  let file: AccessFile;
  try {
    file = parse(readFileSync(join(sqlFolder, directive, "access.yaml"), "utf8")) as AccessFile;
    const grants = [...schemaGrants(file), ...tableGrants(file, optionalAmendments)];
    const archiveReaders = readersOf(file);
    const unknown = [...grants.map((grant) => grant.role), ...archiveReaders].find(
      (role) => !Object.hasOwn(file.roles, role),
    );
    if (unknown !== undefined) {
      throw new Error(`the role "${unknown}", which \`roles\` does not name`);
    }
    return matrixOf(file.roles, grants, archiveReaders);
  } catch (cause) {
    throw fault("MANIFEST_INVALID", {
      what: `reading "${name}"`,
      found: messageOf(cause),
      remedy: "Correct the matrix, or restore it from version control",
      cause,
    });
  }
}

/** Several directives' matrices as one. A role that two of them name is one role. */
export function mergeAccess(matrices: readonly AccessMatrix[]): AccessMatrix {
  const roles = Object.assign({}, ...matrices.map((one) => one.roles)) as AccessMatrix["roles"];
  const grants = matrices.flatMap((one) => one.grants);
  const readers = matrices.flatMap(({ archiveReaders = [] }) => archiveReaders);
  return matrixOf(roles, grants, [...new Set(readers)].sort());
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

/** An archive is read and nothing else: nobody changes what a rollback kept. */
function readersOf({ archives = {} }: AccessFile): string[] {
  const other = Object.entries(archives).find(([, privileges]) => privileges.join() !== "SELECT");
  if (other !== undefined) {
    throw new Error(
      `${other[1].join(", ")} on the archives for "${other[0]}", which is not SELECT`,
    );
  }
  return Object.keys(archives).sort();
}

function schemaGrants(file: AccessFile): AccessGrant[] {
  return Object.entries(file.schemas).flatMap(([schema, roles]) =>
    Object.entries(roles).map(([role, privileges]) => ({
      role,
      objectType: "schema" as const,
      schema,
      privileges: [...privileges].sort(),
    })),
  );
}

function tableGrants(file: AccessFile, optionalAmendments: readonly string[]): AccessGrant[] {
  return Object.entries(file.tables).flatMap(([qualified, entry]) => {
    const { columns: groups = {}, amendment, ...roles } = entry;
    if (amendment !== undefined && !optionalAmendments.includes(amendment)) {
      return [];
    }
    const [schema, object] = qualified.split(".");
    if (schema === undefined || object === undefined) {
      throw new Error(`the table "${qualified}", which is not schema.table`);
    }
    return Object.entries(roles).flatMap(([role, privileges]) =>
      roleGrants({ role, schema, object }, privileges, groups),
    );
  });
}

/** Whole-table privileges in one grant; each column privilege in a grant of its own, as the plugin wants it. */
function roleGrants(
  on: { readonly role: string; readonly schema: string; readonly object: string },
  privileges: Readonly<Record<string, string | readonly string[]>>,
  groups: Groups,
): AccessGrant[] {
  const whole = Object.keys(privileges).filter((privilege) => privileges[privilege] === "all");
  const grants: AccessGrant[] =
    whole.length === 0 ? [] : [{ ...on, objectType: "table", privileges: whole.sort() }];
  for (const [privilege, value] of Object.entries(privileges)) {
    if (value !== "all") {
      const columns = [value]
        .flat()
        .flatMap((group) => columnsOf(group, groups, `${on.schema}.${on.object}`));
      grants.push({ ...on, objectType: "column", columns, privileges: [privilege] });
    }
  }
  return grants;
}

function columnsOf(group: string, groups: Groups, table: string): readonly string[] {
  const columns = groups[group];
  if (columns === undefined) {
    throw new Error(`the group "${group}" of "${table}", which \`columns\` does not name`);
  }
  return columns;
}
