import type { ClientBase } from "pg";
import { keyOf, rootOf } from "../catalog/kinds/objectId";
import { IS_MADE_LATER } from "../catalog/kinds/sql";
import type { ObjectId, Statement } from "../model";
import { usedNames } from "../sql/usedNames";
import { objectsAt, type Catalogs } from "./references";

/** What has these names: their kinds in $1, their schemas in $2, the names in $3. For a row type it is the relation. */
const QUERY = `WITH named AS (
  SELECT s.oid AS namespace, n.what, n.name FROM unnest($1::text[], $2::name[], $3::name[]) AS n(what, schema, name)
    JOIN pg_namespace s ON s.nspname = n.schema AND s.oid <> 'pg_catalog'::regnamespace
)
SELECT 'pg_proc ' || p.oid || ' 0' AS address FROM named n
  JOIN pg_proc p ON n.what = 'routine' AND p.proname = n.name AND p.pronamespace = n.namespace AND ${IS_MADE_LATER("p.oid")}
UNION
SELECT coalesce('pg_class ' || c.oid || ' 0', 'pg_type ' || t.oid || ' 0') FROM named n
  JOIN pg_type t ON n.what = 'type' AND t.typname = n.name AND t.typnamespace = n.namespace AND ${IS_MADE_LATER("t.oid")}
  LEFT JOIN pg_class c ON c.oid = t.typrelid AND c.relkind <> 'c'
UNION
SELECT CASE c.relkind WHEN 'c' THEN 'pg_type ' || c.reltype || ' 0' ELSE 'pg_class ' || c.oid || ' 0' END FROM named n
  JOIN pg_class c ON n.what = 'relation' AND c.relname = n.name AND c.relnamespace = n.namespace AND ${IS_MADE_LATER("c.oid")}
UNION
SELECT 'pg_operator ' || o.oid || ' 0' FROM named n
  JOIN pg_operator o ON n.what = 'operator' AND o.oprname = n.name AND o.oprnamespace = n.namespace AND ${IS_MADE_LATER("o.oid")}
UNION
SELECT 'pg_collation ' || l.oid || ' 0' FROM named n
  JOIN pg_collation l ON n.what = 'collation' AND l.collname = n.name AND l.collnamespace = n.namespace AND ${IS_MADE_LATER("l.oid")}`;

/**
 * The objects that a statement uses and does not make, by the names in it and in its code: PostgreSQL records no reference
 * to what runs only once, as in CREATE TABLE AS and DO, nor to what a function's code uses. Of routines with the same name
 * it is every one.
 */
export async function usedByName(
  client: ClientBase,
  { bytes }: Statement,
  catalogs: Catalogs,
): Promise<readonly ObjectId[]> {
  const names = await usedNames(bytes.toString("utf8"));
  const { rows } = await client.query<{ address: string }>({
    name: "v7_used_by_name",
    text: QUERY,
    values: [
      names.map(({ what }) => what),
      names.map(({ schema }) => schema),
      names.map(({ name }) => name),
    ],
  });
  return await objectsAt(
    client,
    rows.map(({ address }) => address),
    catalogs,
  );
}

/** Those of the named objects that no other reference tells more exactly: by a column, or by a routine's arguments. */
export function onlyNamed(
  named: readonly ObjectId[],
  others: readonly ObjectId[],
): readonly ObjectId[] {
  const known = new Set(others.map(rootOf).map(nameOnly));
  return named.filter((id) => !known.has(nameOnly(id)));
}

/** The key of the object's name without a routine's arguments. */
function nameOnly({ kind, schema = "", name }: ObjectId): string {
  return keyOf({ kind, schema, name: name.replace(/\(.*$/s, "") });
}
