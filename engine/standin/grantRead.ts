import type { ClientBase } from "pg";
import type { Grant } from "./grantShape";
import { isPublic } from "./sql";

/** One object (or column) that a grant is about, and what the role may do with it. */
export interface Granted {
  readonly object: string;
  readonly privileges: readonly string[];
}

/**
 * What the role has on each of the grant's objects, directly, not through a membership. Where an object's privileges
 * were never changed, PostgreSQL stores none, and its built-in defaults hold.
 *
 * Of tables, only ordinary ones are read, as the official plugin does: what is granted on a view or a partitioned table
 * is never compared.
 */
export async function readGranted(client: ClientBase, grant: Grant): Promise<Granted[]> {
  const { text, values } = aclQuery(grant);
  const { rows } = await client.query<Granted>(
    `WITH target AS (${text})
     SELECT target.object, coalesce(array_agg(acl.privilege_type::text ORDER BY acl.privilege_type)
              FILTER (WHERE acl.grantee = ${GRANTEE}), '{}') AS privileges
       FROM target LEFT JOIN LATERAL aclexplode(target.acl) AS acl ON true
      GROUP BY target.object ORDER BY target.object`,
    [isPublic(grant.role) ? null : grant.role, ...values],
  );
  return rows;
}

/** 0 is PUBLIC. */
const GRANTEE = `coalesce((SELECT oid FROM pg_catalog.pg_roles WHERE rolname = $1), 0)`;

/** Rows of an object's name and its privileges. The role's name is $1. */
function aclQuery(grant: Grant): { text: string; values: unknown[] } {
  const { objectType, schema } = grant;
  const objects = grant.objects.length === 0 ? null : grant.objects;
  switch (objectType) {
    case "schema":
      return {
        text: `SELECT nspname::text AS object, coalesce(nspacl, acldefault('n', nspowner)) AS acl
                 FROM pg_catalog.pg_namespace WHERE nspname = $2`,
        values: [schema],
      };
    case "column":
      return {
        text: `SELECT a.attname::text AS object, a.attacl AS acl
                 FROM pg_catalog.pg_attribute a
                 JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = $2 AND c.relname = ANY ($3) AND a.attname = ANY ($4)
                  AND a.attnum > 0 AND NOT a.attisdropped`,
        values: [schema, objects, grant.columns],
      };
    case "table":
      return {
        text: `SELECT c.relname::text AS object, coalesce(c.relacl, acldefault('r', c.relowner)) AS acl
                 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = $2 AND c.relkind = 'r' AND ($3::text[] IS NULL OR c.relname = ANY ($3))`,
        values: [schema, objects],
      };
  }
}

/** Whether role and schema, and the objects that the grant lists, are there at all. */
export async function isGrantable(client: ClientBase, grant: Grant): Promise<boolean> {
  const { role, schema, objects } = grant;
  const { rows } = await client.query<{ is_there: boolean }>(
    `SELECT ($1::text IS NULL OR EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1))
        AND EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $2)
        AND NOT EXISTS (
          SELECT FROM unnest($3::text[]) AS listed (object)
           WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_class c
                               JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                              WHERE n.nspname = $2 AND c.relname = listed.object)) AS is_there`,
    [isPublic(role) ? null : role, schema, objects],
  );
  return rows[0]?.is_there === true;
}
