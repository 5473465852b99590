import type { ClientBase } from "pg";
import { objectTypeOf, type ObjectType } from "../directive/objectType";
import type { AccessMatrix, DefinedObjects, ObjectId, QualifiedName, Snapshot } from "../model";
import { formatName, splitNames } from "../postgres/names";
import { together } from "../postgres/together";
import { PRIVILEGES, ROLES } from "./accessQueries";
import { archiveDeviations } from "./archiveAccess";
import { baseName } from "./definedObjects";
import { KNOWN_PRIVILEGES } from "./known";

/** Who may do what: by object, the grantees with their privileges. `SELECT*` may be granted on. The owner is left out. */
type Privileges = Record<string, string[]>;

/** In place of a grantee: what the owner took from itself. */
export const OWNER_LACKS = "<owner> lacks";

/** Who may do on the archives what they should not, or may not what they should: nobody. */
export const ARCHIVES = "privileges archives";

/** A group role of ours, as it must be: no attribute beyond inheriting. */
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
 * What the access matrix says must be in the catalog, in the form of {@link takeAccessSnapshot}.
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
 * Who may do what on the directive's objects now, whoever granted it; on objects of others (public, file_audit) only
 * what our roles may, and whoever may what on the columns that are ours, or may write by PUBLIC. Also the default
 * privileges that concern our schemas and roles, the roles' attributes, settings and memberships, those of their logins, and
 * who may do on the archives what they should not. A member that nobody asked for shows at its role.
 *
 * @param owner left out everywhere: an owner can always give itself what it lacks
 * @param logins the expected logins
 * @param recordedOwner whom the history names, where everything belongs to another: no member that nobody asked for either
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
  const told = defaultsToldByCatalog(objects);
  for (const { key, grantee, privilege } of rows.filter((row) => !told.has(row.key))) {
    const entry = (snapshot[key] ??= noGrantees()) as Privileges;
    (entry[grantee] ??= []).push(privilege);
  }
  for (const { key, value } of found) {
    snapshot[key] = value;
  }
  return {
    ...snapshot,
    [ARCHIVES]: archives,
  };
}

/** Default privileges that the directives set themselves are objects of theirs: the catalog's snapshot has them. */
function defaultsToldByCatalog({ change }: DefinedObjects): ReadonlySet<string> {
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

/** What an entry has of privileges that this version does not know: nobody can say what they let somebody do. */
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

/** One privilege that somebody has. */
export interface PrivilegeRow {
  readonly key: string;
  readonly grantee: string;
  /** `SELECT*` may be granted on. */
  readonly privilege: string;
  readonly grantor: string;
}

/** What is granted on, beside schemas and columns: what is ours, and what of others the matrix names. */
export interface GrantTarget extends QualifiedName {
  readonly objectType: ObjectType;
  readonly isOwn: boolean;
}

export function grantTargets(
  { grants }: Pick<AccessMatrix, "grants">,
  objects: DefinedObjects,
): readonly GrantTarget[] {
  const own = objects.granted.map((one) => ({ ...one, isOwn: true }));
  const ofOthers = grants.flatMap(({ objectType, schema, object: name }) =>
    name === undefined
      ? []
      : [
          {
            schema,
            name,
            objectType: objectType === "column" ? "table" : objectType,
            isOwn: false,
          },
        ],
  );
  return [...new Map([...ofOthers, ...own].map((one) => [targetKey(one), one])).values()];
}

/** `table public.t`: what the snapshot's key has behind `privileges`. */
export function targetKey({ objectType, schema, name }: Omit<GrantTarget, "isOwn">): string {
  return `${objectType} ${formatName({ schema, name })}`;
}

/** The snapshot's key of who may do what on an object of the catalog; undefined where access.yaml cannot grant. */
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

/**
 * The table that a key of privileges is about, or of which it is a column: `public.t`. The names of our relations have no
 * dot; that of somebody's column may.
 */
export function tableGrantedOn(key: string): string | undefined {
  const [, table, ofColumn] =
    /^privileges (?:table (.*)|column ([^.]+\.[^.]+)\..*)$/.exec(key) ?? [];
  return table ?? ofColumn;
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
    ...splitNames(
      objects.change.renamed.map(({ to: { schema = "", name } }) => ({ schema, name })),
    ),
  ];
}

/** Objects of ours have an entry even where nobody but the owner may do anything. */
function ownKeys(objects: DefinedObjects): string[] {
  return [
    ...objects.schemas.map((schema) => `privileges schema ${schema}`),
    ...grantTargets({ grants: [] }, objects).map((one) => `privileges ${targetKey(one)}`),
  ];
}
