import type { ClientBase } from "pg";
import { objectTypeOf, type ObjectType } from "../directive/objectType";
import type { AccessMatrix, DefinedObjects, ObjectId, QualifiedName, Snapshot } from "../model";
import { formatName, splitNames } from "../postgres/names";
import { together } from "../postgres/together";
import { PRIVILEGES, ROLES } from "./accessQueries";
import { archiveDeviations } from "./archiveAccess";
import { baseName } from "./definedObjects";
import { qualified } from "./kinds/objectId";
import { KNOWN_PRIVILEGES } from "./known";

/** The privileges on one object, by grantee, without the owner. `SELECT*` is SELECT with grant option. */
type Privileges = Record<string, string[]>;

/** In place of a grantee: the privileges that the owner has revoked from itself. */
export const OWNER_LACKS = "<owner> lacks";

/** Archive privileges must match exactly: the expected entry under this key is empty. */
export const ARCHIVES = "privileges archives";

/** The attributes of a group role: none but INHERIT. */
const GROUP_ROLE = {
  login: false,
  superuser: false,
  createRole: false,
  createDatabase: false,
  inherit: true,
  replication: false,
  bypassRowSecurity: false,
} as const;

/**
 * The privileges, roles and memberships that the access matrix demands, in the form of {@link takeAccessSnapshot}.
 *
 * @param members by group role, the logins that the settings give it
 */
export function expectedAccess(
  matrix: AccessMatrix,
  objects: DefinedObjects,
  members: Readonly<Record<string, readonly string[]>>,
): Snapshot {
  const snapshot: Record<string, unknown> = {};
  for (const name of ownKeys(objects)) {
    snapshot[name] = {};
  }
  for (const grant of matrix.grants) {
    const base = grant.object === undefined ? grant.schema : `${grant.schema}.${grant.object}`;
    const keys =
      grant.columns === undefined
        ? [`privileges ${grant.objectType} ${base}`]
        : grant.columns.map((column) => `privileges column ${base}.${column}`);
    for (const key of keys) {
      const entry = (snapshot[key] ??= {}) as Privileges;
      entry[grant.role] = [...(entry[grant.role] ?? []), ...grant.privileges].sort();
    }
  }
  for (const role of Object.keys(matrix.roles)) {
    snapshot[`role ${role}`] = {
      ...GROUP_ROLE,
      members: [...(members[role] ?? [])].sort(),
      memberOf: [],
    };
    for (const login of members[role] ?? []) {
      snapshot[`login ${login}`] = { ...GROUP_ROLE, login: true, members: [], memberOf: [role] };
    }
  }
  return { ...snapshot, [ARCHIVES]: {} };
}

/**
 * Takes the snapshot of privileges and roles:
 * - all privileges on the directive's objects, including the columns that it adds to tables of others;
 * - on other objects (public, file_audit) the privileges of our roles, and those by which PUBLIC may write;
 * - default privileges in our schemas, of our roles or for our roles;
 * - our roles and their logins: attributes, settings and memberships. An unexpected member shows in its role's entry;
 * - deviations of the privileges on the archives.
 *
 * @param owner left out everywhere: an owner can always grant itself what it lacks
 * @param logins the expected logins
 * @param recordedOwner the owner that the history names, where all objects belong to another role; also left out
 */
export async function takeAccessSnapshot(
  client: ClientBase,
  matrix: AccessMatrix,
  objects: DefinedObjects,
  owner: string,
  logins: readonly string[] = [],
  recordedOwner: string = owner,
): Promise<Snapshot> {
  const roles = Object.keys(matrix.roles);
  const [{ rows }, { rows: found }, archives] = await together([
    client.query<PrivilegeRow>(PRIVILEGES, privilegeParameters(matrix, objects, owner)),
    client.query<{ key: string; value: unknown }>(ROLES, [roles, logins, [owner, recordedOwner]]),
    archiveDeviations(client, matrix.archiveReaders ?? []),
  ]);
  const snapshot: Record<string, unknown> = {};
  // Without a prototype: a role may be called `constructor`.
  const noGrantees = (): Privileges => Object.create(null) as Privileges;
  for (const name of ownKeys(objects)) {
    snapshot[name] = noGrantees();
  }
  const ofDirectives = directivesDefaults(objects);
  for (const { key, grantee, privilege } of rows.filter((row) => !ofDirectives.has(row.key))) {
    const entry = (snapshot[key] ??= noGrantees()) as Privileges;
    (entry[grantee] ??= []).push(privilege);
  }
  for (const { key, value } of found) {
    snapshot[key] = value;
  }
  return { ...snapshot, [ARCHIVES]: archives };
}

/** The keys of default privileges that the directives set: the snapshot of their objects has those. */
function directivesDefaults({ change }: DefinedObjects): ReadonlySet<string> {
  const ids = [...change.added, ...change.changed].map(({ id }) => id);
  return new Set(
    ids
      .filter(({ kind }) => kind === "default privileges")
      .map(({ schema, name, of }) => {
        const where = schema === undefined ? "" : ` in schema ${schema}`;
        return `default privileges of ${String(of?.name)}${where} on ${name}`;
      }),
  );
}

/** A line for each privilege in an entry that this version does not know: what it allows is unknown. */
export function unknownPrivileges(object: string, entry: unknown): readonly string[] {
  if (!/^(default )?privileges /.test(object)) {
    return [];
  }
  const words = typeof entry === "object" && entry !== null ? Object.values(entry) : [];
  const names = words
    .flatMap((list: unknown) => (Array.isArray(list) ? (list as readonly string[]) : []))
    .map((word) => word.replace("*", ""));
  return [...new Set(names)]
    .filter((name) => !KNOWN_PRIVILEGES.has(name))
    .map((name) => `${name} is a privilege that this version does not know`);
}

/** One privilege of one grantee. */
export interface PrivilegeRow {
  readonly key: string;
  readonly grantee: string;
  /** `SELECT*` is SELECT with grant option. */
  readonly privilege: string;
  readonly grantor: string;
}

/** An object on which privileges are compared, besides schemas and columns: the directives' own, and those that the matrix names. */
export interface GrantTarget extends QualifiedName {
  readonly objectType: ObjectType;
  readonly isOwn: boolean;
}

export function grantTargets(
  { grants }: Pick<AccessMatrix, "grants">,
  objects: DefinedObjects,
): readonly GrantTarget[] {
  const own = objects.granted.map((one) => ({ ...one, isOwn: true }));
  const ofOthers = grants.flatMap(({ objectType: type, schema, object: name }) => {
    const objectType = type === "column" ? "table" : type;
    return name === undefined ? [] : [{ schema, name, objectType, isOwn: false }];
  });
  return [...new Map([...ofOthers, ...own].map((one) => [targetKey(one), one])).values()];
}

/** The snapshot's key without the word `privileges`: `table public.t`. */
export function targetKey({ objectType, schema, name }: Omit<GrantTarget, "isOwn">): string {
  return `${objectType} ${formatName({ schema, name })}`;
}

/** The snapshot's key of the privileges on an object; undefined where access.yaml cannot grant on it. */
export function accessKey(id: ObjectId): string | undefined {
  const objectType = objectTypeOf(id);
  if (objectType === undefined) {
    return undefined;
  }
  const { of = id } = id;
  const named =
    of.schema === undefined ? of.name : formatName({ schema: of.schema, name: of.name });
  return `privileges ${objectType} ${named}${of === id ? "" : `.${id.name}`}`;
}

/** The parameters of {@link PRIVILEGES}. */
export function privilegeParameters(
  matrix: AccessMatrix,
  objects: DefinedObjects,
  owner: string,
): unknown[] {
  const targets = grantTargets(matrix, objects);
  const schemas = matrix.grants.flatMap(({ schema, object }) =>
    object === undefined && !objects.schemas.includes(schema) ? [schema] : [],
  );
  return [
    objects.schemas,
    targets.map(({ objectType }) => objectType),
    targets.map(({ schema }) => schema),
    targets.map(({ objectType, name }) => (objectType === "function" ? baseName(name) : name)),
    targets.map(({ name }) => name),
    targets.map(({ isOwn }) => isOwn),
    [...new Set(schemas)],
    ...splitNames(objects.columns.map(({ table }) => table)),
    objects.columns.map(({ column }) => column),
    Object.keys(matrix.roles),
    owner,
    ...splitNames(objects.change.renamed.map(({ to }) => qualified(to))),
  ];
}

/** The keys of the directives' own objects: they have an entry even where only the owner has privileges. */
function ownKeys(objects: DefinedObjects): string[] {
  return [
    ...objects.schemas.map((schema) => `privileges schema ${schema}`),
    ...grantTargets({ grants: [] }, objects).map((one) => `privileges ${targetKey(one)}`),
  ];
}
