import type { ClientBase } from "pg";
import type { Grant } from "./grantShape";
import { name } from "./sql";

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
