import { escapeIdentifier, type ClientBase } from "pg";
import { when } from "../../base/when";
import { alteredTablesBefore } from "../../catalog/definedObjects";
import { isSameObject } from "../../catalog/kinds/objectId";
import type { DefinedObjects, ObjectId, Obstacle } from "../../model";
import { formatName, quote, sameName, splitNames } from "../../postgres/names";
import { namesIn } from "../../sql/identifiers";
import type { PlannedRun } from "./plannedRun";

interface Row {
  readonly schema: string;
  readonly name: string;
  /** PostgreSQL's letter; null where no relation has that name. */
  readonly kind: string | null;
  /** The server gives null where `kind` is null: nothing is made of it there. */
  readonly owner: string;
  readonly mayAlter: boolean;
  readonly login: string;
  /** From PostgreSQL 16 on a membership gives its power only with the INHERIT option. */
  readonly hasInheritOption: boolean;
  /** Quoted names: the table of which it is a partition, its type, its children. */
  readonly partitionOf: string | null;
  readonly ofType: string | null;
  readonly children: readonly string[];
  /** How many columns it has had, dropped ones included. */
  readonly columns: number;
  /** Quoted names of the columns that have its row type. */
  readonly rowTypeUses: readonly string[];
}

/** How many columns a table can have, dropped ones included: MaxHeapAttributeNumber in PostgreSQL's htup_details.h. */
const MAX_COLUMNS = 1600;

/** Relations that are not tables, by PostgreSQL's letter. */
const OTHER_KINDS: Readonly<Record<string, string>> = {
  v: "a view",
  m: "a materialized view",
  f: "a foreign table",
  S: "a sequence",
  c: "a composite type",
  i: "an index",
  I: "a partitioned index",
};

/**
 * Tables that the directives alter without creating them (file_audit) and that are not ordinary tables without partitions,
 * type and children, or that this login may not alter: on these the steps, their rollback or a restore would fail.
 *
 * Unlogged tables and tables that inherit from another one are allowed.
 */
export async function alteredTableObstacles(
  client: ClientBase,
  { objects }: Pick<PlannedRun, "objects">,
): Promise<readonly Obstacle[]> {
  const altered = alteredTablesBefore(objects);
  const { rows } = await client.query<Row>(QUERY, [...splitNames(altered)]);
  const names = new Set(altered.map(formatName));
  const isAltered = (reference: string): boolean => names.has(namesIn(reference).join("."));
  return rows.flatMap((row) => [
    ...kindObstacles(row, isAltered),
    ...ownerObstacles(row),
    ...columnObstacles(row, objects),
  ]);
}

/** @param isAltered whether the directives alter the table of that name, quoted as the server does */
function kindObstacles(row: Row, isAltered: (reference: string) => boolean): Obstacle[] {
  const name = formatName(row);
  const table = quote(row);
  const notPlain = (found: string, remedy: string): Obstacle[] => [
    { found: `"${name}", which is ${found}`, remedy },
  ];
  if (row.kind === null) {
    return [
      {
        found: `no table "${name}", which the directive alters and does not create`,
        remedy: "Create it first, or connect to the database that has it",
      },
    ];
  }
  // The directive was locked on partitions: it names what is added to them.
  const isWhole = row.kind === "p" && row.children.some(isAltered);
  if (row.kind === "p" && !isWhole) {
    return notPlain(
      "a partitioned table: its columns and indexes would be made on every partition, which the directive does not name",
      "Put its rows into an ordinary table of that name, or tell The Architect that the directive does not fit this database",
    );
  }
  if (row.kind !== "r" && row.kind !== "p") {
    return notPlain(
      `${OTHER_KINDS[row.kind] ?? "no table"} and not a table`,
      "Connect to the database that has the table itself, or make it a table: the directive adds columns to it",
    );
  }
  if (row.partitionOf !== null && !isAltered(row.partitionOf)) {
    return notPlain(
      `a partition of ${row.partitionOf}: columns are added to the whole, not to a part (SQLSTATE 42809)`,
      `ALTER TABLE ${row.partitionOf} DETACH PARTITION ${table}, or tell The Architect that the directive does not fit this database`,
    );
  }
  const unnamed = isWhole ? [] : row.children.filter((child) => !isAltered(child));
  return [
    ...(row.ofType === null
      ? []
      : notPlain(
          `a table of the type ${row.ofType}, which has that type's columns and no others (SQLSTATE 42809)`,
          `ALTER TABLE ${table} NOT OF: it keeps its columns and its rows`,
        )),
    ...when(
      unnamed.length > 0,
      ...notPlain(
        `the parent of ${unnamed.join(", ")}: the columns would be added there too`,
        `${unnamed.map((child) => `ALTER TABLE ${child} NO INHERIT ${table}`).join("; ")}: each keeps its columns and its rows`,
      ),
    ),
  ];
}

function columnObstacles(row: Row, { columns, change }: DefinedObjects): Obstacle[] {
  const name = formatName(row);
  const table: ObjectId = { kind: "table", schema: row.schema, name: row.name };
  const added = columns.filter((one) => sameName(one.table, row)).length;
  const fills = change.added.some(
    ({ id: { kind, of }, properties }) =>
      kind === "column" &&
      of !== undefined &&
      isSameObject(of, table) &&
      properties["default"] !== undefined,
  );
  return [
    ...when(row.columns + added > MAX_COLUMNS, {
      found: `"${name}", which has had ${String(row.columns)} columns, dropped ones included: ${String(added)} more are too many (SQLSTATE 54011)`,
      remedy: "Copy its rows into a new table of that name, which forgets the dropped columns",
    }),
    ...when(fills && row.rowTypeUses.length > 0, {
      found: `"${name}", whose row type is the type of ${row.rowTypeUses.join(", ")}: PostgreSQL adds no column with a default to it (SQLSTATE 0A000)`,
      remedy: "Give these columns another type, such as jsonb",
    }),
  ];
}

function ownerObstacles({ kind, mayAlter, owner, login, hasInheritOption, ...name }: Row) {
  return kind === null || mayAlter
    ? []
    : [
        {
          found: `table "${formatName(name)}" owned by "${owner}", which login "${login}" may not alter`,
          remedy: `GRANT ${escapeIdentifier(owner)} TO ${escapeIdentifier(login)}${hasInheritOption ? " WITH INHERIT TRUE" : ""}, or connect as the owner`,
        },
      ];
}

const QUERY = `
  SELECT named.schema, named.name, c.relkind AS kind, pg_get_userbyid(c.relowner) AS owner, current_user AS login,
         coalesce(pg_has_role(c.relowner, 'USAGE'), false) AS "mayAlter",
         current_setting('server_version_num')::int >= 160000 AS "hasInheritOption",
         (SELECT i.inhparent::regclass::text FROM pg_inherits i WHERE i.inhrelid = c.oid AND c.relispartition) AS "partitionOf",
         CASE WHEN c.reloftype <> 0 THEN c.reloftype::regtype::text END AS "ofType",
         coalesce((SELECT jsonb_agg(i.inhrelid::regclass::text ORDER BY i.inhrelid::regclass::text)
                     FROM pg_inherits i WHERE i.inhparent = c.oid), '[]') AS children,
         coalesce(c.relnatts, 0)::int AS columns,
         coalesce((SELECT jsonb_agg(u.oid::regclass::text || '.' || quote_ident(a.attname) ORDER BY u.oid::regclass::text, a.attname)
                     FROM pg_type t JOIN pg_attribute a ON a.atttypid IN (t.oid, t.typarray) AND NOT a.attisdropped
                     JOIN pg_class u ON u.oid = a.attrelid AND u.relkind IN ('r', 'm', 'p')
                    WHERE t.oid = c.reltype), '[]') AS "rowTypeUses"
    FROM unnest($1::text[], $2::text[]) AS named(schema, name)
    LEFT JOIN pg_namespace n ON n.nspname = named.schema
    LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = named.name`;
