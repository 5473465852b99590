import { escapeIdentifier as id, type ClientBase } from "pg";
import { isSameObject, qualified } from "../../catalog/kinds/objectId";
import type { CatalogObject, DefinedObjects, ObjectId, Obstacle } from "../../model";
import { formatName, quote, sameName, splitNames } from "../../postgres/names";
import type { PlannedRun } from "./plannedRun";

/** A column of a table whose values may have that attribute. */
interface Holder {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  /** Whether the column has that type itself; else an array, a domain, a range or a composite type has it. */
  readonly isDirect: boolean;
  /** Whether this login may read the rows, without running the code of a policy. */
  readonly mayRead: boolean;
}

/**
 * Values of an attribute that an apply drops from a composite type. PostgreSQL drops them in every table with a column of that
 * type, and no archive has them. Reads only.
 */
export async function attributeObstacles(
  client: ClientBase,
  { objects }: Pick<PlannedRun, "objects">,
): Promise<readonly Obstacle[]> {
  return await valuesOf(client, objects.change.removed, objects);
}

/** The same for a rollback, which drops the attributes that the steps added. */
export async function addedAttributeObstacles(
  client: ClientBase,
  objects: DefinedObjects,
): Promise<readonly Obstacle[]> {
  return await valuesOf(client, objects.change.added, objects);
}

async function valuesOf(
  client: ClientBase,
  dropped: readonly CatalogObject[],
  { tables }: Pick<DefinedObjects, "tables">,
): Promise<readonly Obstacle[]> {
  const found: Obstacle[] = [];
  for (const { id: attribute } of dropped) {
    const type = attribute.of;
    const isKept = type !== undefined && !dropped.some((one) => isSameObject(one.id, type));
    if (isKept && type.kind === "composite type") {
      for (const holder of await holdersOf(client, type)) {
        const { table: name, ...rest } = holder;
        // The archive of a directive's own table has the values as text.
        const isArchived = tables.some((one) => sameName(one, { schema: rest.schema, name }));
        if (!isArchived && (await hasValues(client, attribute, holder))) {
          found.push(obstacle(attribute, type, holder));
        }
      }
    }
  }
  return found;
}

function obstacle(
  attribute: ObjectId,
  type: ObjectId,
  { schema, table, column, mayRead }: Holder,
): Obstacle {
  return {
    found: `column ${id(column)} of table ${formatName({ schema, name: table })} ${mayRead ? "has" : "may have"} values of the attribute ${id(attribute.name)} of ${formatName(qualified(type))}, which would be dropped with it`,
    remedy: "Copy these values to another column, and set them to NULL here",
  };
}

async function hasValues(
  client: ClientBase,
  { name: attribute }: ObjectId,
  { schema, table, column, isDirect, mayRead }: Holder,
): Promise<boolean> {
  if (!mayRead) {
    return true;
  }
  const value = isDirect ? `(one.${id(column)}).${id(attribute)}` : `one.${id(column)}`;
  const { rows } = await client.query<{ has: boolean }>(
    `SELECT EXISTS (SELECT FROM ONLY ${quote({ schema, name: table })} AS one WHERE ${value} IS DISTINCT FROM NULL) AS has`,
  );
  return rows[0]?.has === true;
}

async function holdersOf(client: ClientBase, type: ObjectId): Promise<readonly Holder[]> {
  const { rows } = await client.query<Holder>(HOLDERS, [...splitNames([qualified(type)])]);
  return rows;
}

/** Parameters: the composite type's schema and name, each as name[]. */
const HOLDERS = `
  WITH RECURSIVE used AS (
    SELECT t.oid AS type, 0 AS depth FROM unnest($1::name[], $2::name[]) AS one(schema, name)
      JOIN pg_namespace n ON n.nspname = one.schema JOIN pg_type t ON t.typnamespace = n.oid AND t.typname = one.name
    UNION
    SELECT next.type, 1 FROM used CROSS JOIN LATERAL (
      SELECT t.typarray AS type FROM pg_type t WHERE t.oid = used.type AND t.typarray <> 0
      UNION ALL SELECT t.oid FROM pg_type t WHERE t.typbasetype = used.type
      UNION ALL SELECT r.rngtypid FROM pg_range r WHERE r.rngsubtype = used.type
      UNION ALL SELECT r.rngmultitypid FROM pg_range r WHERE r.rngtypid = used.type
      UNION ALL SELECT c.reltype FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                 WHERE a.atttypid = used.type AND NOT a.attisdropped AND c.reltype <> 0) AS next
  )
  SELECT n.nspname AS schema, c.relname AS table, a.attname AS column, min(used.depth) = 0 AS "isDirect",
         has_table_privilege(c.oid, 'SELECT') AND NOT row_security_active(c.oid) AS "mayRead"
    FROM used JOIN pg_attribute a ON a.atttypid = used.type AND NOT a.attisdropped
    JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r' JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE NOT pg_is_other_temp_schema(n.oid)
   GROUP BY n.nspname, c.oid, c.relname, a.attname ORDER BY 1, 2, 3`;
