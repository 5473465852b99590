import { DatabaseError, type ClientBase } from "pg";
import type { DescribedCatalog } from "../catalog/describe";
import { IS_RECENT } from "../catalog/rawCatalog";
import type { ObjectId, Statement } from "../model";
import { queryOnDirectivePath } from "../postgres/session";

/** A row of pg_depend or pg_shdepend: one object refers to another. Addresses as describeCatalog has them. */
interface Reference {
  readonly key: string;
  /** The address of what refers; ends in 0 for the whole of it. */
  readonly from: string;
  readonly to: string;
}

/** Every reference that this session's statements have made so far, by its key. */
export type References = ReadonlyMap<string, Reference>;

/** What was there before a statement, and is now. */
interface Catalogs {
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
 * Reads the references made since a transaction: each row's own transaction says so. Owners are left out, it is the login. To
 * an array is to the type of its elements, to a row type to its relation.
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

/**
 * The objects that a statement's references lead to and that it did not make itself.
 */
export async function referencedBetween(
  client: ClientBase,
  before: References,
  after: References,
  { was, is }: Catalogs,
): Promise<readonly ObjectId[]> {
  const added = [...after.values()].filter(({ key }) => !before.has(key));
  const made = new Set(added.map(({ from }) => from).filter((from) => from.endsWith(" 0")));
  const others = new Set(added.map(({ to }) => to).filter((to) => !made.has(wholeOf(to))));
  const found = (catalog: DescribedCatalog): readonly ObjectId[] =>
    [...catalog.values()]
      .filter(({ address }) => address !== undefined && others.delete(address))
      .map(({ id }) => id);
  const described = found(was);
  // What is left and described has come with the statement: a column put to a table of others.
  found(is);
  return [...described, ...(await identify(client, [...others]))];
}

/**
 * The objects that a statement about rows refers to. PostgreSQL keeps no references of it, but it does of a function with
 * that body: one is made, asked, and never was. Nothing for any other kind of statement.
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
    // What no function's body can be (SELECT INTO) has its tables in the server's counts alone.
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
 * What no object of ours is: the server's own, a table's row type; in place of what an extension brings, the extension, which
 * this directive may have made itself. plpgsql comes with the server.
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

function wholeOf(address: string): string {
  return address.replace(/ \d+$/, " 0");
}
