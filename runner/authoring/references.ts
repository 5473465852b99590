import { DatabaseError, type ClientBase } from "pg";
import type { DescribedCatalog } from "../catalog/describe";
import { IS_RECENT } from "../catalog/rawCatalog";
import type { ObjectId, Statement } from "../model";
import { queryOnDirectivePath } from "../postgres/session";

/** A row of pg_depend or pg_shdepend: one object refers to another. Addresses are as in a described catalog. */
interface Reference {
  readonly key: string;
  /** The address of the referring object; it ends in 0 for the whole object. */
  readonly from: string;
  readonly to: string;
}

/** All references that this session's statements have made so far, by key. */
export type References = ReadonlyMap<string, Reference>;

/** The catalogs before and after a statement. */
export interface Catalogs {
  readonly was: DescribedCatalog;
  readonly is: DescribedCatalog;
}

/** The tags of statements whose references are found by making a function of them. */
const DATA_STATEMENTS: ReadonlySet<string> = new Set([
  "DELETE",
  "INSERT",
  "MERGE",
  "SELECT",
  "UPDATE",
]);

/**
 * Reads the references that were made since a transaction, by the rows' xmin. References to owners are left out: the owner is
 * the login. A reference to an array type is one to the type of its elements, and one to a row type is one to its relation.
 *
 * @param since the number of the first transaction that counts
 */
export async function readReferences(client: ClientBase, since: string): Promise<References> {
  const { rows } = await client.query<Reference>(
    `SELECT concat_ws(' > ', one.from, one.to) AS key, one.from, one.to
       FROM (SELECT concat_ws(' ', d.classid::regclass, d.objid, d.objsubid) AS "from",
                    coalesce('pg_class ' || r.oid || ' 0',
                      concat_ws(' ', refclassid::regclass, coalesce(e.oid, refobjid), refobjsubid)) AS to, d.xmin
               FROM pg_depend d LEFT JOIN pg_type t ON d.refclassid = 'pg_type'::regclass AND t.oid = d.refobjid
               LEFT JOIN pg_type e ON e.typarray = t.oid
               LEFT JOIN pg_class r ON r.oid = coalesce(e.typrelid, t.typrelid) AND r.relkind <> 'c'
             UNION ALL
             SELECT concat_ws(' ', classid::regclass, objid, objsubid),
                    concat_ws(' ', refclassid::regclass, refobjid, 0), xmin FROM pg_shdepend
              WHERE deptype <> 'o' AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))) AS one
      WHERE ${IS_RECENT("one.xmin")}`,
    [since],
  );
  return new Map(rows.map((row) => [row.key, row]));
}

/** The objects that a statement refers to and did not make itself. */
export async function referencedBetween(
  client: ClientBase,
  before: References,
  after: References,
  catalogs: Catalogs,
): Promise<readonly ObjectId[]> {
  const added = [...after.values()].filter(({ key }) => !before.has(key));
  const made = new Set(added.map(({ from }) => from).filter((from) => from.endsWith(" 0")));
  const others = new Set(
    added.map(({ to }) => to).filter((to) => !made.has(to.replace(/ \d+$/, " 0"))),
  );
  return await objectsAt(client, others, catalogs);
}

/** The objects at these addresses that were there before the statement. */
export async function objectsAt(
  client: ClientBase,
  addresses: Iterable<string>,
  { was, is }: Catalogs,
): Promise<readonly ObjectId[]> {
  const left = new Set(addresses);
  const found = (catalog: DescribedCatalog): readonly ObjectId[] =>
    [...catalog.values()]
      .filter(({ address }) => address !== undefined && left.delete(address))
      .map(({ id }) => id);
  const described = found(was);
  // Objects that only the catalog after the statement has were made by it: a column added to a table of others.
  found(is);
  return [...described, ...(await identify(client, [...left]))];
}

/**
 * The objects that a statement on rows refers to. PostgreSQL does not record its references, but it records those of a
 * function with that body: one is created, its references are read, and it is rolled back. Empty for other statements.
 */
export async function referencedByRows(
  client: ClientBase,
  { tag, bytes }: Pick<Statement, "bytes"> & { readonly tag: string },
  known: References,
  since: string,
  catalogs: Catalogs,
): Promise<readonly ObjectId[]> {
  if (!DATA_STATEMENTS.has(tag)) {
    return [];
  }
  await client.query("SAVEPOINT v7_probe");
  try {
    await queryOnDirectivePath(
      client,
      `CREATE FUNCTION pg_temp.v7_probe() RETURNS void LANGUAGE sql BEGIN ATOMIC\n${bytes.toString("utf8")}\n; END`,
    );
    const found = await referencedBetween(
      client,
      known,
      await readReferences(client, since),
      catalogs,
    );
    return found.filter(
      ({ kind: found, name }) => found !== "schema" || !name.startsWith("pg_temp"),
    );
  } catch (error) {
    // A statement that cannot be a function's body (SELECT INTO); the server's counts still show its tables.
    if (error instanceof DatabaseError) {
      return [];
    }
    throw error;
  } finally {
    await client.query("ROLLBACK TO SAVEPOINT v7_probe");
    await client.query("RELEASE SAVEPOINT v7_probe");
  }
}

/**
 * The ids of objects that a described catalog leaves out: the server's own, a table's row type. For an extension's object it is
 * the extension, unless that is plpgsql, which every server has.
 */
async function identify(
  client: ClientBase,
  addresses: readonly string[],
): Promise<readonly ObjectId[]> {
  if (addresses.length === 0) {
    return [];
  }
  const { rows } = await client.query<{ kind: string; schema: string | null; name: string }>(
    `SELECT DISTINCT i.type AS kind, i.schema, coalesce(i.name, i.identity) AS name
       FROM unnest($1::text[]) AS found(address)
      CROSS JOIN LATERAL (SELECT split_part(address, ' ', 1)::regclass AS classid,
                 split_part(address, ' ', 2)::oid AS objid, split_part(address, ' ', 3)::int AS sub) AS o
       LEFT JOIN pg_depend d ON (d.classid, d.objid, d.deptype) = (o.classid, o.objid, 'e') AND d.objid >= 16384
      CROSS JOIN LATERAL pg_identify_object(coalesce(d.refclassid, o.classid), coalesce(d.refobjid, o.objid),
                 CASE WHEN d.objid IS NULL THEN o.sub ELSE 0 END) AS i`,
    [addresses],
  );
  return rows.map(({ schema, ...id }) => ({ ...id, ...(schema === null ? {} : { schema }) }));
}
