import type { ClientBase } from "pg";
import type { Grant } from "./grantShape";
import { literal, name, names } from "./sql";

/** What a GRANT names, and who owns it: only an owner may grant without a grant option. */
export interface GrantTarget {
  /** What stands after ON. */
  readonly on: string;
  /** What stands after each privilege: `("a", "b")` for columns. */
  readonly columns: string;
  readonly owners: readonly string[];
}

export async function grantTarget(client: ClientBase, grant: Grant): Promise<GrantTarget> {
  const { schema, objectType, objects } = grant;
  const owners = await ownersOf(client, grant);
  if (objectType === "schema") {
    return { on: `SCHEMA ${name(schema)}`, columns: "", owners };
  }
  const columns = objectType === "column" ? ` (${names(grant.columns)})` : "";
  const on =
    objects.length === 0
      ? `ALL TABLES IN SCHEMA ${name(schema)}`
      : `TABLE ${objects.map((one) => name(schema, one)).join(", ")}`;
  return { on, columns, owners };
}

/** pg_database_owner has no member but the database's owner, and cannot be granted. */
const OWNER_NAME = `CASE WHEN o.rolname = 'pg_database_owner'
  THEN (SELECT pg_get_userbyid(d.datdba) FROM pg_catalog.pg_database d WHERE d.datname = current_database())
  ELSE o.rolname END`;

async function ownersOf(client: ClientBase, grant: Grant): Promise<string[]> {
  const { rows } = await client.query<{ owner: string }>(
    `SELECT DISTINCT ${OWNER_NAME} AS owner FROM (${ownerQuery(grant)}) AS target (oid)
       JOIN pg_catalog.pg_roles o ON o.oid = target.oid`,
  );
  return rows.map(({ owner }) => owner);
}

function ownerQuery({ objectType, schema, objects }: Grant): string {
  if (objectType === "schema") {
    return `SELECT nspowner FROM pg_catalog.pg_namespace WHERE nspname = ${literal(schema)}`;
  }
  const listed =
    objects.length === 0
      ? ""
      : ` AND relname IN (${objects.map((one) => literal(one)).join(", ")})`;
  return `SELECT relowner FROM pg_catalog.pg_class
    WHERE relnamespace IN (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = ${literal(schema)})
      AND relkind IN ('r', 'p', 'v', 'm', 'f')${listed}`;
}
