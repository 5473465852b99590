import { escapeIdentifier as id, type ClientBase } from "pg";
import { rowsTakenAway, type RowHolders } from "../../catalog/archive";
import { isSameObject, qualified } from "../../catalog/kinds/objectId";
import type { CatalogObject, DefinedObjects, Obstacle, QualifiedName } from "../../model";
import { mayReadRows } from "../../postgres/mayReadRows";
import { formatName, quote, sameName, splitNames } from "../../postgres/names";
import type { PlannedRun } from "./plannedRun";

/** A column of a table whose values may have an attribute. */
interface Holder {
  /** The composite type's schema and name, and the attribute. */
  readonly type: QualifiedName;
  readonly attribute: string;
  readonly table: QualifiedName;
  readonly column: string;
  /** Whether the column has that type itself; else an array, a domain, a range or a composite type has it. */
  readonly isDirect: boolean;
  readonly mayRead: boolean;
}

/**
 * Values of an attribute that an apply drops from a composite type. PostgreSQL drops them in every table with a column of that
 * type, and no archive has them. Reads only; where there are such columns, each in a query of its own.
 */
export async function attributeObstacles(
  client: ClientBase,
  { pending, objects }: Pick<PlannedRun, "pending" | "objects">,
): Promise<readonly Obstacle[]> {
  return await valuesOf(client, objects.change.removed, rowsTakenAway(pending));
}

/** The same for a rollback, which drops the attributes that the steps added. */
export async function addedAttributeObstacles(
  client: ClientBase,
  objects: DefinedObjects,
): Promise<readonly Obstacle[]> {
  return await valuesOf(client, objects.change.added, objects);
}

/** @param archived the tables and columns that the run archives, as text, before it drops them */
async function valuesOf(
  client: ClientBase,
  dropped: readonly CatalogObject[],
  archived: RowHolders,
): Promise<readonly Obstacle[]> {
  const attributes = dropped.flatMap(({ id: { name, of } }) =>
    of?.kind === "composite type" && !dropped.some((one) => isSameObject(one.id, of))
      ? [{ name, type: qualified(of) }]
      : [],
  );
  if (attributes.length === 0) {
    return [];
  }
  const { rows: holders } = await client.query<Holder>(HOLDERS, [
    ...splitNames(attributes.map(({ type }) => type)),
    attributes.map(({ name }) => name),
  ]);
  const found: Obstacle[] = [];
  for (const holder of holders) {
    if (!isArchived(holder, archived) && (await hasValues(client, holder))) {
      found.push(obstacle(holder));
    }
  }
  return found;
}

function isArchived({ table, column }: Holder, { tables, columns }: RowHolders): boolean {
  return (
    tables.some((one) => sameName(one, table)) ||
    columns.some((one) => sameName(one.table, table) && one.column === column)
  );
}

function obstacle({ type, attribute, table, column, mayRead }: Holder): Obstacle {
  return {
    found: `column ${id(column)} of table ${formatName(table)} ${mayRead ? "has" : "may have"} values of the attribute ${id(attribute)} of ${formatName(type)}, which would be dropped with it`,
    remedy: "Copy these values to another column, and set them to NULL here",
  };
}

async function hasValues(
  client: ClientBase,
  { attribute, table, column, isDirect, mayRead }: Holder,
): Promise<boolean> {
  if (!mayRead) {
    return true;
  }
  const value = isDirect ? `(one.${id(column)}).${id(attribute)}` : `one.${id(column)}`;
  const { rows } = await client.query<{ has: boolean }>(
    `SELECT EXISTS (SELECT FROM ONLY ${quote(table)} AS one WHERE ${value} IS DISTINCT FROM NULL) AS has`,
  );
  return rows[0]?.has === true;
}

/** Parameters: the composite types' schemas and names, and the attributes, each as name[]. An attribute may be gone already. */
const HOLDERS = `
  WITH RECURSIVE used AS (
    SELECT t.oid AS type, t.oid AS of, a.attname AS attribute, 0 AS depth
      FROM unnest($1::name[], $2::name[], $3::name[]) AS one(schema, name, attribute)
      JOIN pg_namespace n ON n.nspname = one.schema JOIN pg_type t ON t.typnamespace = n.oid AND t.typname = one.name
      JOIN pg_attribute a ON a.attrelid = t.typrelid AND a.attname = one.attribute AND NOT a.attisdropped
    UNION
    SELECT next.type, used.of, used.attribute, 1 FROM used CROSS JOIN LATERAL (
      SELECT t.typarray AS type FROM pg_type t WHERE t.oid = used.type AND t.typarray <> 0
      UNION ALL SELECT t.oid FROM pg_type t WHERE t.typbasetype = used.type
      UNION ALL SELECT r.rngtypid FROM pg_range r WHERE r.rngsubtype = used.type
      UNION ALL SELECT r.rngmultitypid FROM pg_range r WHERE r.rngtypid = used.type
      UNION ALL SELECT c.reltype FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                 WHERE a.atttypid = used.type AND NOT a.attisdropped AND c.reltype <> 0) AS next
  )
  SELECT jsonb_build_object('schema', tn.nspname, 'name', t.typname) AS type, used.attribute,
         jsonb_build_object('schema', n.nspname, 'name', c.relname) AS table, a.attname AS column,
         min(used.depth) = 0 AS "isDirect", ${mayReadRows("c.oid")} AS "mayRead"
    FROM used JOIN pg_type t ON t.oid = used.of JOIN pg_namespace tn ON tn.oid = t.typnamespace
    JOIN pg_attribute a ON a.atttypid = used.type AND NOT a.attisdropped
    JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r' JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE NOT pg_is_other_temp_schema(n.oid)
   GROUP BY n.nspname, c.oid, c.relname, a.attname, tn.nspname, t.typname, used.attribute
   ORDER BY n.nspname, c.relname, a.attname, used.attribute`;
