import type { ClientBase } from "pg";
import { escapeIdentifier, escapeLiteral } from "pg";
import { together } from "../postgres/together";

/** A row of a catalog table. */
export interface RawRow {
  readonly catalog: string;
  /** The row's first column of type `name`, if any. */
  readonly name: string | null;
  /** The address of the object that the row is of: `pg_class 16385 2`. */
  readonly address: string;
}

/** Rows by a hash of their content: a changed row has another key. */
type RawRows = ReadonlyMap<string, RawRow>;

/** Every row of every catalog table that the login may read. */
export interface RawCatalog {
  /** By catalog: the rows of the first reading that still exist. Where none was removed, it is the same map as before. */
  readonly old: ReadonlyMap<string, RawRows>;
  /** The rows of all catalogs that were written since the first reading. */
  readonly recent: RawRows;
  /** By address, the objects that an object belongs to: an array type to its type, a member to its extension. */
  readonly owners: ReadonlyMap<string, readonly string[]>;
  /** Catalogs that the login may not read. */
  readonly unread: readonly string[];
  readonly catalogs: readonly Catalog[];
}

/** Tables whose rows follow from other catalog rows, or describe the data. */
const LEFT_OUT = ["pg_depend", "pg_shdepend", "pg_statistic", "pg_statistic_ext_data"];

/** Columns that follow from other rows, or that maintenance writes: a regular expression for each catalog. */
const LEFT_OUT_COLUMNS: Readonly<Record<string, string>> = {
  pg_class:
    "^rel(filenode|pages|tuples|allvisible|allfrozen|has.*|frozenxid|minmxid|toastrelid|natts|checks)$",
  pg_index: "^indcheckxmin$",
  pg_attribute: "^att(cacheoff|hasdef|hasmissing|missingval)$",
  pg_constraint: "^connamespace$",
  pg_partitioned_table: "^partdefid$",
  pg_database: "^dat.*(xid|mxid)$",
};

const TOAST = "(SELECT t.oid FROM pg_class t WHERE t.relnamespace = 'pg_toast'::regnamespace)";

/** Toast tables follow their table's columns; a session's temporary schema appears with its first use. */
const LEFT_OUT_ROWS: Readonly<Record<string, string>> = {
  pg_attribute: `attrelid IN ${TOAST}`,
  pg_class: `oid IN ${TOAST}`,
  pg_index: `indexrelid IN ${TOAST}`,
  pg_namespace: "nspname ~ '^pg_(toast_)?temp_'",
};

/** Columns that are not compared as they are: an index always has the owner and the persistence of its table. */
const VALUES: Readonly<Record<string, string>> = {
  relowner: "CASE WHEN relkind NOT IN ('i', 'I') THEN relowner END",
  relpersistence: "CASE WHEN relkind NOT IN ('i', 'I') THEN relpersistence END",
};

/** The address of the object that a row describes, where that is not the row's own oid: class, oid and column, as SQL. */
const ADDRESSES: Readonly<Record<string, readonly [string, string, string?]>> = {
  pg_aggregate: ["'pg_proc'", "aggfnoid::oid"],
  pg_attrdef: ["'pg_class'", "adrelid", "adnum"],
  pg_attribute: ["'pg_class'", "attrelid", "attnum"],
  pg_auth_members: ["'pg_auth_members'", "roleid", "member"],
  pg_db_role_setting: ["'pg_db_role_setting'", "setdatabase", "setrole"],
  pg_description: ["classoid::regclass", "objoid", "objsubid"],
  pg_foreign_table: ["'pg_class'", "ftrelid"],
  pg_index: ["'pg_class'", "indexrelid"],
  pg_inherits: ["'pg_class'", "inhrelid"],
  pg_init_privs: ["classoid::regclass", "objoid", "objsubid"],
  pg_partitioned_table: ["'pg_class'", "partrelid"],
  pg_range: ["'pg_type'", "rngtypid"],
  pg_seclabel: ["classoid::regclass", "objoid", "objsubid"],
  pg_sequence: ["'pg_class'", "seqrelid"],
  pg_shdescription: ["classoid::regclass", "objoid"],
  pg_shseclabel: ["classoid::regclass", "objoid"],
  pg_ts_config_map: ["'pg_ts_config'", "mapcfg"],
};

/** A catalog table. */
interface Catalog {
  readonly relname: string;
  readonly is_readable: boolean;
  readonly columns: readonly string[];
  readonly naming: string | null;
}

const CATALOGS = `SELECT c.relname::text, has_table_privilege(c.oid, 'SELECT') AS is_readable,
    array_agg(a.attname::text ORDER BY a.attnum) AS columns,
    (array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.atttypid = 'name'::regtype))[1] AS naming
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
 WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' GROUP BY c.oid ORDER BY 1`;

const OWNERS = `SELECT d.classid::regclass || ' ' || d.objid || ' ' || d.objsubid AS address,
    d.refclassid::regclass || ' ' || d.refobjid || ' ' || d.refobjsubid AS owner
  FROM pg_depend d WHERE d.deptype NOT IN ('n', 'x')
  UNION ALL
  SELECT 'pg_constraint ' || t.tgconstraint || ' 0', 'pg_trigger ' || t.oid || ' 0'
    FROM pg_trigger t WHERE t.tgconstraint <> 0 AND NOT t.tgisinternal`;

/** The number of the next transaction: what is written from now on has this number or a later one. */
export async function nextTransaction(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ since: string }>(
    "SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS since",
  );
  return rows[0]?.since ?? "0";
}

/** Whether a row was written by transaction number $1 or a later one, by the row's own xmin. */
export const IS_RECENT = (xmin = "xmin"): string => `age(${xmin}) <= age($1::text::xid)`;

function rowsOf({ relname, columns, naming }: Catalog, which: string): string {
  const leftOut = LEFT_OUT_COLUMNS[relname];
  // eslint-disable-next-line no-restricted-syntax -- a pattern of ours
  const pattern = leftOut === undefined ? undefined : new RegExp(leftOut);
  const kept = columns.filter((column) => pattern?.test(column) !== true);
  const own: readonly [string, string, string?] = [
    escapeLiteral(relname),
    columns.includes("oid") ? "oid" : "0",
  ];
  const [catalog, oid, sub = "0"] = ADDRESSES[relname] ?? own;
  return `SELECT ${escapeLiteral(relname)} AS catalog, ${naming ?? "NULL"}::text AS name,
    ${catalog} || ' ' || ${oid} || ' ' || ${sub} AS address, md5(ROW(${kept.map((column) => VALUES[column] ?? escapeIdentifier(column)).join(", ")})::text) AS hash
  FROM ${sourceOf(relname)} AND ${which}`;
}

function sourceOf(relname: string): string {
  return `${escapeIdentifier(relname)} WHERE NOT (${LEFT_OUT_ROWS[relname] ?? "false"})`;
}

/**
 * Reads every row of the catalog as a hash, independently of the described kinds. After an earlier reading it reads only the
 * rows written since: older rows can only be removed, so a catalog with as many of them as before has the same ones.
 *
 * @param since the number of the first transaction whose rows count as recent
 */
export async function takeRawCatalog(
  client: ClientBase,
  since: string,
  before?: RawCatalog,
): Promise<RawCatalog> {
  const catalogs = before?.catalogs ?? (await client.query<Catalog>(CATALOGS)).rows;
  const looked = catalogs.filter(({ relname }) => !LEFT_OUT.includes(relname));
  const readable = looked.filter(({ is_readable }) => is_readable);
  const [recent, gone, owners] = await together([
    readRows(client, readable, IS_RECENT(), since, "v7_recent_rows"),
    before === undefined ? readable : goneFrom(client, readable, before, since),
    takeOwners(client),
  ]);
  const left = await readRows(client, gone, `NOT ${IS_RECENT()}`, since);
  const old = new Map(before?.old);
  for (const { relname } of gone) {
    old.set(relname, new Map([...left].filter(([, { catalog }]) => catalog === relname)));
  }
  return {
    old,
    recent,
    owners,
    unread: looked.filter((one) => !one.is_readable).map(({ relname }) => relname),
    catalogs,
  };
}

async function readRows(
  client: ClientBase,
  catalogs: readonly Catalog[],
  which: string,
  since: string,
  name?: string,
): Promise<RawRows> {
  if (catalogs.length === 0) {
    return new Map();
  }
  const { rows } = await client.query<RawRow & { readonly hash: string }>({
    ...(name === undefined ? {} : { name }),
    text: catalogs.map((one) => rowsOf(one, which)).join("\nUNION ALL\n"),
    values: [since],
  });
  return new Map(
    rows.map(({ hash, ...row }) => [`${row.catalog} ${row.address} ${hash}`, row] as const),
  );
}

/** The catalogs from which old rows were removed. */
async function goneFrom(
  client: ClientBase,
  catalogs: readonly Catalog[],
  { old }: RawCatalog,
  since: string,
): Promise<readonly Catalog[]> {
  const { rows } = await client.query<{ relname: string; left: number }>({
    name: "v7_old_rows",
    text: catalogs
      .map(
        ({ relname }) =>
          `SELECT ${escapeLiteral(relname)} AS relname, count(*)::int AS left FROM ${sourceOf(relname)} AND NOT ${IS_RECENT()}`,
      )
      .join("\nUNION ALL\n"),
    values: [since],
  });
  const left = new Map(rows.map((row) => [row.relname, row.left]));
  return catalogs.filter(({ relname }) => left.get(relname) !== old.get(relname)?.size);
}

async function takeOwners(client: ClientBase): Promise<RawCatalog["owners"]> {
  const { rows } = await client.query<{ address: string; owner: string }>({
    name: "v7_owners",
    text: OWNERS,
  });
  const owners = new Map<string, string[]>();
  for (const { address, owner } of rows) {
    owners.set(address, [...(owners.get(address) ?? []), owner]);
  }
  return owners;
}
