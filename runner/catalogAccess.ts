import type { ClientBase } from "pg";
import type { AccessMatrix } from "./access";
import { archiveDeviations } from "./archiveAccess";
import type { Snapshot } from "./catalog";
import { formatName, type DefinedObjects } from "./defines";
import { expectedLogins, takeLoginSnapshot } from "./loginAccess";

/** Who may do what: by object, the grantees with their privileges. `SELECT*` may be granted on. The owner is left out. */
type Privileges = Record<string, string[]>;

/** Who may do on the archives what they should not, or may not what they should: nobody. */
const ARCHIVES = "privileges archives";

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
 * What the access matrix says must stand in the catalog, in the form of {@link takeAccessSnapshot}.
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
  }
  return { ...snapshot, ...expectedLogins(members), [ARCHIVES]: {} };
}

/**
 * Who may do what on the directive's objects now, whoever granted it; on objects of others (public, file_audit) only
 * what our roles may, by a grant to them or, beyond reading, by one to PUBLIC. What the postgresql plugin does not read
 * back (views, columns, PUBLIC, grant options, memberships, archives) is here.
 *
 * @param owner left out everywhere: an owner can always give itself what it lacks
 */
export async function takeAccessSnapshot(
  client: ClientBase,
  matrix: AccessMatrix,
  objects: DefinedObjects,
  owner: string,
): Promise<Snapshot> {
  const hosts = new Set(
    matrix.grants.map(({ schema, object }) =>
      object === undefined ? schema : `${schema}.${object}`,
    ),
  );
  const roles = Object.keys(matrix.roles);
  const { rows } = await client.query<{ key: string; grantee: string; privilege: string }>(
    PRIVILEGES,
    [
      [...objects.schemas],
      [...objects.tables, ...objects.views].map(formatName),
      [...hosts],
      roles,
      owner,
      objects.functions.map(formatName),
    ],
  );
  const snapshot: Record<string, unknown> = {};
  // Without a prototype: a role may be called `constructor`.
  const noGrantees = (): Privileges => Object.create(null) as Privileges;
  for (const name of ownKeys(objects)) {
    snapshot[name] = noGrantees();
  }
  for (const { key, grantee, privilege } of rows) {
    const entry = (snapshot[key] ??= noGrantees()) as Privileges;
    (entry[grantee] ??= []).push(privilege);
  }
  const { rows: found } = await client.query<{ name: string; value: unknown }>(ROLES, [
    roles,
    owner,
  ]);
  for (const { name, value } of found) {
    snapshot[`role ${name}`] = value;
  }
  return {
    ...snapshot,
    ...(await takeLoginSnapshot(client, roles, owner)),
    [ARCHIVES]: await archiveDeviations(client, matrix.archiveReaders ?? []),
  };
}

/** Objects of ours have an entry even where nobody but the owner may do anything. */
function ownKeys(objects: DefinedObjects): string[] {
  return [
    ...objects.schemas.map((schema) => `privileges schema ${schema}`),
    ...[...objects.tables, ...objects.views].map((name) => `privileges table ${formatName(name)}`),
  ];
}

const GRANTEE = "CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END";
const PRIVILEGE = "a.privilege_type || CASE WHEN a.is_grantable THEN '*' ELSE '' END";

/** Whether the grantee counts: on ours everybody but the owner, on objects of others our roles, and PUBLIC if it writes. */
const COUNTS = (name: string, own: string, owner: string): string => `(
  (${name} = ANY (${own}) AND a.grantee <> ${owner})
  OR (${name} = ANY ($3::text[]) AND NOT ${name} = ANY (${own}) AND (pg_get_userbyid(a.grantee) = ANY ($4::text[])
      OR (a.grantee = 0 AND a.privilege_type NOT IN ('USAGE', 'SELECT')))))
  AND (a.grantee = 0 OR pg_get_userbyid(a.grantee) <> $5)`;

const PRIVILEGES = `
  SELECT key, grantee, privilege FROM (
    SELECT 'privileges schema ' || n.nspname AS key, ${GRANTEE} AS grantee, ${PRIVILEGE} AS privilege
      FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) a
     WHERE ${COUNTS("n.nspname", "$1::text[]", "n.nspowner")}
    UNION ALL
    SELECT 'privileges table ' || n.nspname || '.' || c.relname, ${GRANTEE}, ${PRIVILEGE}
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL aclexplode(c.relacl) a
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ${COUNTS("n.nspname || '.' || c.relname", "$2::text[]", "c.relowner")}
    UNION ALL
    SELECT 'privileges column ' || n.nspname || '.' || c.relname || '.' || t.attname, ${GRANTEE}, ${PRIVILEGE}
      FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     CROSS JOIN LATERAL aclexplode(t.attacl) a
     WHERE NOT t.attisdropped AND ${COUNTS("n.nspname || '.' || c.relname", "$2::text[]", "c.relowner")}
    UNION ALL
    SELECT 'privileges function ' || n.nspname || '.' || f.proname, ${GRANTEE}, ${PRIVILEGE}
      FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
     CROSS JOIN LATERAL aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a
     WHERE n.nspname || '.' || f.proname = ANY ($6::text[]) AND a.grantee <> f.proowner
  ) found ORDER BY key, grantee, privilege`;

const NAMES =
  "coalesce(jsonb_agg(pg_get_userbyid(%) || CASE WHEN m.admin_option THEN '*' ELSE '' END ORDER BY pg_get_userbyid(%)), '[]')";

const ROLES = `
  SELECT r.rolname AS name, jsonb_build_object('login', r.rolcanlogin, 'superuser', r.rolsuper,
    'createRole', r.rolcreaterole, 'createDatabase', r.rolcreatedb, 'inherit', r.rolinherit,
    'replication', r.rolreplication, 'bypassRowSecurity', r.rolbypassrls,
    'members', (SELECT ${NAMES.replaceAll("%", "m.member")} FROM pg_auth_members m
                 WHERE m.roleid = r.oid AND pg_get_userbyid(m.member) <> $2),
    'memberOf', (SELECT ${NAMES.replaceAll("%", "m.roleid")} FROM pg_auth_members m WHERE m.member = r.oid)) AS value
  FROM pg_roles r WHERE r.rolname = ANY ($1::text[])`;
