import { DatabaseError, type ClientBase } from "pg";
import { baseName } from "../catalog/definedObjects";
import type { DescribedObject } from "../catalog/describe";
import { qualified } from "../catalog/kinds/objectId";
import type { ObjectId } from "../model";
import { mayReadRows } from "../postgres/mayReadRows";
import { quote, splitNames } from "../postgres/names";

const COUNTED_ROWS = 1_000_000;
const COUNT_TIMEOUT = "30s";

/** The catalogs of whose objects only those are rebuilt that the steps reach; of roles and the database all are. */
const REACHED_CATALOGS = "pg_class pg_type pg_proc pg_namespace pg_extension pg_publication".split(
  " ",
);

/** Whether the object with that address is rebuilt, with its parts. */
export function isReached(address: string | undefined, reached: ReadonlySet<string>): boolean {
  const [catalog = ""] = address?.split(" ") ?? [];
  return address !== undefined && (reached.has(address) || !REACHED_CATALOGS.includes(catalog));
}

/**
 * The addresses of these objects, of the tables that inherit from them, as partitions do, and of those to which these foreign
 * keys refer; of their columns', arguments' and results' types, and of these types' own; of the extensions that have a type, or
 * a function of a default. Besides of every schema and enum.
 *
 * @param needed by their present names
 * @param words the objects in public with such a name are among them, and those in a schema with such a name
 */
export async function reachedFrom(
  client: ClientBase,
  needed: readonly ObjectId[],
  words: readonly string[],
): Promise<ReadonlySet<string>> {
  const routines = needed.filter(({ name }) => name.includes("("));
  const keys = needed.flatMap(({ kind, name, of }) =>
    kind === "constraint" && of !== undefined ? [{ name, of }] : [],
  );
  const { rows } = await client.query<{ address: string }>(REACHED, [
    ...splitNames(needed.filter(({ schema }) => schema !== undefined).map(qualified)),
    ...splitNames(routines.map(qualified)),
    routines.map(({ name }) => baseName(name)),
    ...splitNames(keys.map(({ of }) => qualified(of))),
    keys.map(({ name }) => name),
    needed
      .filter(({ kind }) => kind === "extension" || kind === "publication")
      .map(({ name }) => name),
    [...new Set(words)],
  ]);
  return new Set(rows.map(({ address }) => address));
}

/**
 * Parameters, names as name[]: $1, $2 schemas and names; $3, $4, $5 of routines with the types of their arguments, and without
 * them; $6, $7, $8 schemas and names of tables, and names of constraints on them; $9 of extensions and publications; $10 words.
 */
const REACHED = `
  WITH RECURSIVE named AS (
    SELECT n.oid AS namespace, one.name FROM unnest($1::name[], $2::name[]) AS one(schema, name)
      JOIN pg_namespace n ON n.nspname = one.schema
    UNION
    SELECT n.oid, word FROM pg_namespace n CROSS JOIN unnest($10::name[]) AS word
     WHERE n.nspname = 'public' OR n.nspname = ANY ($10::name[]) AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  ), reached(catalog, oid) AS (
    SELECT found.catalog::oid, found.oid FROM (
      SELECT 'pg_class'::regclass AS catalog, c.oid FROM named JOIN pg_class c ON c.relname = named.name AND c.relnamespace = named.namespace
      UNION ALL
      SELECT 'pg_type', t.oid FROM named JOIN pg_type t ON t.typname = named.name AND t.typnamespace = named.namespace
      UNION ALL
      SELECT 'pg_proc', f.oid FROM unnest($3::text[], $4::text[], $5::name[]) AS one(schema, name, base)
        JOIN pg_namespace n ON n.nspname = one.schema JOIN pg_proc f ON f.proname = one.base AND f.pronamespace = n.oid
         AND quote_ident(f.proname) || '(' || oidvectortypes(f.proargtypes) || ')' = one.name
      UNION ALL
      SELECT 'pg_proc', f.oid FROM named JOIN pg_proc f ON f.proname = named.name AND f.pronamespace = named.namespace
       WHERE f.proname = ANY ($10::name[])
      UNION ALL
      SELECT 'pg_class', k.confrelid FROM unnest($6::name[], $7::name[], $8::name[]) AS one(schema, name, key)
        JOIN pg_namespace n ON n.nspname = one.schema JOIN pg_class c ON c.relname = one.name AND c.relnamespace = n.oid
        JOIN pg_constraint k ON k.conrelid = c.oid AND k.conname = one.key AND k.contype = 'f') AS found
    UNION
    SELECT next.catalog::oid, next.oid FROM reached r CROSS JOIN LATERAL (
      SELECT 'pg_class'::regclass AS catalog, i.inhrelid AS oid FROM pg_inherits i
       WHERE r.catalog = 'pg_class'::regclass AND i.inhparent = r.oid
      UNION ALL
      SELECT 'pg_class', t.typrelid FROM pg_type t WHERE r.catalog = 'pg_type'::regclass AND t.oid = r.oid AND t.typrelid <> 0
      UNION ALL
      SELECT 'pg_type', d.refobjid FROM pg_depend d
       WHERE d.classid = r.catalog AND d.objid = r.oid AND d.refclassid = 'pg_type'::regclass) AS next
  ), used AS (
    SELECT r.catalog, r.oid FROM reached r
    UNION ALL
    SELECT d.refclassid, d.refobjid FROM reached r JOIN pg_attrdef v ON r.catalog = 'pg_class'::regclass AND v.adrelid = r.oid
      JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = v.oid
  )
  SELECT c.relname || ' ' || found.oid || ' 0' AS address FROM (
    SELECT catalog, oid FROM reached
    UNION ALL SELECT 'pg_extension'::regclass, d.refobjid FROM used JOIN pg_depend d ON d.classid = used.catalog AND d.objid = used.oid AND d.deptype = 'e'
    UNION ALL SELECT 'pg_extension'::regclass, e.oid FROM pg_extension e WHERE e.extname = ANY ($9::name[])
    UNION ALL SELECT 'pg_publication'::regclass, p.oid FROM pg_publication p WHERE p.pubname = ANY ($9::name[])
    UNION ALL SELECT 'pg_type'::regclass, t.oid FROM pg_type t WHERE t.typtype = 'e'
    UNION ALL SELECT 'pg_namespace'::regclass, n.oid FROM pg_namespace n) AS found
    JOIN pg_class c ON c.oid = found.catalog`;

export interface TableFacts {
  readonly rows: number | null;
  readonly widths: Readonly<Record<string, number>>;
}

/** What the statistics tell of the tables among these, by address; rows are counted where there are no statistics. */
export async function readTableFacts(
  client: ClientBase,
  objects: readonly DescribedObject[],
): Promise<ReadonlyMap<string, TableFacts>> {
  const tables = objects.filter(({ id }) => id.kind === "table");
  const { rows } = await client.query<TableFacts & { address: string }>(
    `SELECT 'pg_class ' || c.oid || ' 0' AS address, CASE WHEN c.relkind = 'p' THEN 0 WHEN c.reltuples >= 0 THEN c.reltuples END AS rows,
            coalesce((SELECT jsonb_object_agg(s.attname, s.avg_width) FROM pg_stats s
              WHERE s.schemaname = n.nspname AND s.tablename = c.relname AND NOT s.inherited), '{}') AS widths
       FROM unnest($1::name[], $2::name[]) AS one(schema, name) JOIN pg_namespace n ON n.nspname = one.schema
       JOIN pg_class c ON c.relname = one.name AND c.relnamespace = n.oid`,
    [...splitNames(tables.map(({ id }) => qualified(id)))],
  );
  const facts = new Map(rows.map(({ address, ...row }) => [address, row]));
  for (const { id, address = "" } of tables) {
    const known = facts.get(address);
    if (known?.rows === null) {
      facts.set(address, { ...known, rows: await countRows(client, quote(qualified(id))) });
    }
  }
  return facts;
}

/** Counts a table's rows. Not with policies for this login: they are the target's code and would run as this login. */
async function countRows(client: ClientBase, table: string): Promise<number | null> {
  const { rows: allowed } = await client.query<{ may: boolean }>(
    `SELECT ${mayReadRows("$1::text")} AS may`,
    [table],
  );
  if (allowed[0]?.may !== true) {
    return null;
  }
  await client.query(`SAVEPOINT counting; SET LOCAL statement_timeout = '${COUNT_TIMEOUT}'`);
  try {
    const { rows } = await client.query<{ count: string }>(
      `SELECT pg_catalog.count(*) FROM (SELECT FROM ONLY ${table} LIMIT ${String(COUNTED_ROWS)}) AS counted`,
    );
    return Number(rows[0]?.count);
  } catch (error) {
    if (error instanceof DatabaseError) {
      return null;
    }
    throw error;
  } finally {
    await client.query("ROLLBACK TO SAVEPOINT counting");
  }
}
