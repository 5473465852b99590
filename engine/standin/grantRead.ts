import type { ClientBase } from "pg";
import type { Grant } from "./grantShape";
import { name } from "./sql";

/** A schema, a table or a column of a grant, with the role's privileges on it. */
export interface Granted {
  readonly object: string;
  readonly privileges: readonly string[];
}

/**
 * The role's own privileges (not those of memberships) on the grant's objects.
 *
 * As in the official plugin only ordinary tables are read: privileges on views and partitioned tables are never compared.
 */
export async function readGranted(client: ClientBase, grant: Grant): Promise<Granted[]> {
  const { role, schema, objectType, objects, columns } = grant;
  const values = { schema: [schema], table: [schema, objects], column: [schema, objects, columns] };
  const { rows } = await client.query<Granted>(
    `WITH target AS (${TARGETS[objectType]})
     SELECT target.object, coalesce(array_agg(acl.privilege_type::text ORDER BY acl.privilege_type)
              FILTER (WHERE acl.grantee = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = $1)), '{}') AS privileges
       FROM target LEFT JOIN LATERAL aclexplode(target.acl) AS acl ON true
      GROUP BY target.object ORDER BY target.object`,
    [role, ...values[objectType]],
  );
  return rows;
}

/** Rows of a name and its privileges; $1 is the role. */
const TARGETS = {
  schema: `SELECT nspname::text AS object, nspacl AS acl FROM pg_catalog.pg_namespace WHERE nspname = $2`,
  table: `SELECT c.relname::text AS object, c.relacl AS acl
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
           WHERE n.nspname = $2 AND c.relkind = 'r' AND c.relname = ANY ($3)`,
  column: `SELECT a.attname::text AS object, a.attacl AS acl
             FROM pg_catalog.pg_attribute a
             JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = $2 AND c.relname = ANY ($3) AND a.attname = ANY ($4)
              AND a.attnum > 0 AND NOT a.attisdropped`,
} as const;

/** Whether the grant's role, schema and objects exist. */
export async function isGrantable(client: ClientBase, grant: Grant): Promise<boolean> {
  const { role, schema, objects } = grant;
  const { rows } = await client.query<{ is_there: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1)
        AND EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $2)
        AND NOT EXISTS (
          SELECT FROM unnest($3::text[]) AS listed (object)
           WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_class c
                               JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                              WHERE n.nspname = $2 AND c.relname = listed.object)) AS is_there`,
    [role, schema, objects],
  );
  return rows[0]?.is_there === true;
}

/** What stands after ON in a GRANT: a schema, or an object of it. */
export function grantedOn({ schema, objects }: Grant): string {
  return objects.length === 0 ? `SCHEMA ${name(schema)}` : `TABLE ${name(schema, ...objects)}`;
}

/**
 * Who owns it: only an owner may grant without a grant option. pg_database_owner has no member but the database's owner,
 * and cannot be granted.
 */
export async function ownersOf(client: ClientBase, grant: Grant): Promise<string[]> {
  const { rows } = await client.query<{ owner: string }>(
    `SELECT CASE WHEN o.rolname = 'pg_database_owner'
                 THEN (SELECT pg_get_userbyid(d.datdba) FROM pg_catalog.pg_database d WHERE d.datname = current_database())
                 ELSE o.rolname END AS owner
       FROM (SELECT nspowner FROM pg_catalog.pg_namespace WHERE nspname = $1 AND $2::text IS NULL
              UNION SELECT c.relowner FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')) AS target (oid)
       JOIN pg_catalog.pg_roles o ON o.oid = target.oid`,
    [grant.schema, grant.objects[0] ?? null],
  );
  return rows.map(({ owner }) => owner);
}
