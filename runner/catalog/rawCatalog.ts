import type { ClientBase } from "pg";
import { escapeIdentifier, escapeLiteral } from "pg";

/** A row of a catalog table. */
export interface RawRow {
  readonly catalog: string;
  /** What the row names, where it names something. */
  readonly name: string | null;
  /** The address of the object that the row is of: `pg_class 16385 2`. */
  readonly address: string;
}

/** Every row of every catalog table that the login may read. */
export interface RawCatalog {
  /** By catalog: by everything in the row, so that a changed row is another one. What was not read again is the same map. */
  readonly rows: ReadonlyMap<string, ReadonlyMap<string, RawRow>>;
  /** What goes with something else, by its address: an array type with its type, a member with its extension. */
  readonly owners: ReadonlyMap<string, readonly string[]>;
  /** Catalogs that the login may not read. */
  readonly unread: readonly string[];
}

/** Tables that say what other rows say, or what is in the data. */
const LEFT_OUT = ["pg_depend", "pg_shdepend", "pg_statistic", "pg_statistic_ext_data"];

/** Columns that follow from other rows, or that maintenance writes; a regular expression for each catalog. */
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

/** Toast tables come and go with what their table could hold; a session's temporary schema stays from its first use on. */
const LEFT_OUT_ROWS: Readonly<Record<string, string>> = {
  pg_attribute: `attrelid IN ${TOAST}`,
  pg_class: `oid IN ${TOAST}`,
  pg_index: `indexrelid IN ${TOAST}`,
  pg_namespace: "nspname ~ '^pg_(toast_)?temp_'",
};

/** An index has the owner of its table. */
const VALUES: Readonly<Record<string, string>> = {
  relowner: "CASE WHEN relkind NOT IN ('i', 'I') THEN relowner END",
};

/** Whose a row is, where it is not simply that of the object with its oid: class, oid and column, as SQL. */
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

function rowsOf({ relname, columns, naming }: Catalog): string {
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
  FROM ${escapeIdentifier(relname)} WHERE NOT (${LEFT_OUT_ROWS[relname] ?? "false"})`;
}

/** An earlier reading of this transaction, and the catalogs that the server says were written since. */
export interface Since {
  readonly raw: RawCatalog;
  readonly written: readonly string[];
}

/**
 * Reads every row of the catalog as a hash: it knows no kinds, and so misses none. Since an earlier reading, only of the
 * catalogs that were written.
 */
export async function takeRawCatalog(client: ClientBase, since?: Since): Promise<RawCatalog> {
  const { rows: all } = await client.query<Catalog>(CATALOGS);
  const catalogs = all.filter(({ relname }) => !LEFT_OUT.includes(relname));
  const read = catalogs.filter(
    ({ relname, is_readable }) => is_readable && since?.written.includes(relname) !== false,
  );
  const { rows } =
    read.length === 0
      ? { rows: [] }
      : await client.query<RawRow & { readonly hash: string }>(
          read.map(rowsOf).join("\nUNION ALL\n"),
        );
  const anew = new Map(read.map(({ relname }) => [relname, new Map<string, RawRow>()]));
  for (const { hash, ...row } of rows) {
    anew.get(row.catalog)?.set(`${row.address} ${hash}`, row);
  }
  return {
    rows: new Map([...(since?.raw.rows ?? []), ...anew]),
    owners: await takeOwners(client),
    unread: catalogs.filter((catalog) => !catalog.is_readable).map(({ relname }) => relname),
  };
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
