import type { ClientBase } from "pg";
import { ARCHIVE_SCHEMA } from "./archive";

/** By grantee, unexpected and missing privileges: `SELECT on v7_archive.x`, `no USAGE on v7_archive`. */
export type ArchiveDeviations = Readonly<Record<string, readonly string[]>>;

interface Row {
  readonly kind: "SCHEMA" | "TABLE";
  /** Quoted by the server where needed, as is `role`. */
  readonly name: string;
  readonly role: string;
  readonly privilege: string;
  /** True: a reader lacks the privilege. False: somebody has it who should not. */
  readonly is_missing: boolean;
}

/**
 * Grants the archives to their readers, and revokes what default privileges granted to everybody else: on a Supabase
 * project new tables are open to the API roles. Readers whose role does not exist, and archives that this login does not
 * own, are left out.
 *
 * Called in the transaction that makes an archive, and in the one of an apply: a role that was dropped and created again
 * has lost its privileges.
 */
export async function restrictArchives(
  client: ClientBase,
  readers: readonly string[],
): Promise<void> {
  for (const { kind, name, role } of await deviations(client, readers, "owned")) {
    await client.query(`REVOKE ALL PRIVILEGES ON ${kind} ${name} FROM ${role}`);
  }
  for (const { kind, name, role, privilege } of await deviations(client, readers, "owned")) {
    await client.query(`GRANT ${privilege} ON ${kind} ${name} TO ${role}`);
  }
}

/** The unexpected and the missing privileges on the archives. Empty where there is no archive. */
export async function archiveDeviations(
  client: ClientBase,
  readers: readonly string[],
): Promise<ArchiveDeviations> {
  const found: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const { name, role, privilege, is_missing } of await deviations(client, readers, "all")) {
    (found[role] ??= []).push(`${is_missing ? "no " : ""}${privilege} on ${name}`);
  }
  return found;
}

async function deviations(
  client: ClientBase,
  readers: readonly string[],
  of: "all" | "owned",
): Promise<Row[]> {
  const { rows } = await client.query<Row>(DEVIATIONS, [ARCHIVE_SCHEMA, readers, of === "owned"]);
  return rows;
}

/** Compares the privileges on the archive schema and its tables, without the owner's, with the readers'. Missing ones last. */
const DEVIATIONS = `
  WITH target AS (
    SELECT 'SCHEMA' AS kind, quote_ident(n.nspname) AS name, n.nspowner AS owner, n.nspacl AS acl, 'USAGE' AS wanted
      FROM pg_namespace n WHERE n.nspname = $1
    UNION ALL
    SELECT 'TABLE', quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relowner, c.relacl, 'SELECT'
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  ), there AS (
    SELECT t.kind, t.name, t.wanted, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS role,
           a.privilege_type || CASE WHEN a.is_grantable THEN '*' ELSE '' END AS privilege
      FROM target t CROSS JOIN LATERAL aclexplode(t.acl) a
     WHERE a.grantee <> t.owner AND (NOT $3 OR pg_has_role(t.owner, 'USAGE'))
  ), wanted AS (
    SELECT t.kind, t.name, quote_ident(r.rolname) AS role, t.wanted AS privilege
      FROM target t JOIN pg_roles r ON r.rolname = ANY ($2::text[])
     WHERE r.oid <> t.owner AND (NOT $3 OR pg_has_role(t.owner, 'USAGE'))
  )
  SELECT kind, name, role, privilege, false AS is_missing FROM there
   WHERE (kind, name, role, privilege) NOT IN (SELECT kind, name, role, privilege FROM wanted)
  UNION ALL
  SELECT kind, name, role, privilege, true FROM wanted
   WHERE (kind, name, role, privilege) NOT IN (SELECT kind, name, role, privilege FROM there)
   ORDER BY is_missing, kind, name, role, privilege`;
