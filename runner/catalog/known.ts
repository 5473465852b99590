import { escapeLiteral } from "pg";

/**
 * What this version knows of a server's catalog, PostgreSQL 13 to 18. A server may know more: a minor release that writes
 * an option by itself (15.20 and 17.12 write `pg_attver` to each column), a later major with another privilege. Such a
 * thing is never a difference by itself; {@link takeNotCompared} names it.
 */

/**
 * Options of tables, views, indexes and columns.
 * https://www.postgresql.org/docs/18/sql-createtable.html#SQL-CREATETABLE-STORAGE-PARAMETERS, sql-createview.html,
 * sql-createindex.html#SQL-CREATEINDEX-STORAGE-PARAMETERS, sql-altertable.html (n_distinct); pgvector's index options.
 */
export const KNOWN_OPTIONS: readonly string[] = `
  fillfactor parallel_workers toast_tuple_target user_catalog_table vacuum_index_cleanup vacuum_truncate
  vacuum_max_eager_freeze_failure_rate log_autovacuum_min_duration autovacuum_enabled
  autovacuum_vacuum_threshold autovacuum_vacuum_max_threshold autovacuum_vacuum_scale_factor
  autovacuum_vacuum_insert_threshold autovacuum_vacuum_insert_scale_factor
  autovacuum_vacuum_cost_delay autovacuum_vacuum_cost_limit
  autovacuum_analyze_threshold autovacuum_analyze_scale_factor
  autovacuum_freeze_min_age autovacuum_freeze_max_age autovacuum_freeze_table_age
  autovacuum_multixact_freeze_min_age autovacuum_multixact_freeze_max_age autovacuum_multixact_freeze_table_age
  security_barrier security_invoker check_option
  deduplicate_items buffering fastupdate gin_pending_list_limit pages_per_range autosummarize
  lists m ef_construction
  n_distinct n_distinct_inherited`
  .trim()
  .split(/\s+/);

/** Options and settings with such a name are the server's own, as names of schemas and roles with it are. */
const SERVERS_PREFIX = "pg_";

/** A regular expression for `name=value` where the server set it; `pg_trgm.x=1` is a setting of an extension's. */
export const SERVERS_OWN = `^${SERVERS_PREFIX}[^.=]*=`;

/** Kinds of constraints: check, foreign key, primary key, unique, exclusion. */
export const KNOWN_CONSTRAINT_TYPES: readonly string[] = ["c", "f", "p", "u", "x"];

/** Constraints that are read as something else: a column's NOT NULL (from 18 on), a constraint trigger. */
const OTHER_CONSTRAINT_TYPES: readonly string[] = ["n", "t"];

/** Privileges. https://www.postgresql.org/docs/18/ddl-priv.html */
export const KNOWN_PRIVILEGES: ReadonlySet<string> = new Set([
  ..."SELECT INSERT UPDATE DELETE TRUNCATE REFERENCES TRIGGER MAINTAIN".split(" "),
  ..."USAGE CREATE EXECUTE CONNECT TEMPORARY SET".split(" "),
  "ALTER SYSTEM",
]);

/** What an owner has of itself on every server; MAINTAIN is there from 17 on. */
export const OWNERS_PRIVILEGES: readonly string[] =
  "SELECT INSERT UPDATE DELETE TRUNCATE REFERENCES TRIGGER USAGE CREATE".split(" ");

/** The columns of the catalogs that the snapshot reads, on 13 to 18: a column is read, derived from others, or no property. */
const KNOWN_COLUMNS: Readonly<Record<string, string>> = {
  pg_attrdef: "oid adrelid adnum adbin",
  pg_attribute:
    "attrelid attname atttypid attstattarget attlen attnum attndims attcacheoff atttypmod attbyval attalign attstorage attcompression attnotnull atthasdef atthasmissing attidentity attgenerated attisdropped attislocal attinhcount attcollation attacl attoptions attfdwoptions attmissingval",
  pg_auth_members: "roleid member grantor admin_option oid inherit_option set_option",
  pg_authid:
    "oid rolname rolsuper rolinherit rolcreaterole rolcreatedb rolcanlogin rolreplication rolbypassrls rolconnlimit rolpassword rolvaliduntil",
  pg_class:
    "oid relname relnamespace reltype reloftype relowner relam relfilenode reltablespace relpages reltuples relallvisible relallfrozen reltoastrelid relhasindex relisshared relpersistence relkind relnatts relchecks relhasrules relhastriggers relhassubclass relrowsecurity relforcerowsecurity relispopulated relreplident relispartition relrewrite relfrozenxid relminmxid relacl reloptions relpartbound",
  pg_constraint:
    "oid conname connamespace contype condeferrable condeferred convalidated conenforced conrelid contypid conindid conparentid confrelid confupdtype confdeltype confmatchtype conislocal coninhcount connoinherit conperiod conkey confkey conpfeqop conppeqop conffeqop confdelsetcols conexclop conbin",
  pg_db_role_setting: "setdatabase setrole setconfig",
  pg_default_acl: "oid defaclrole defaclnamespace defaclobjtype defaclacl",
  pg_index:
    "indexrelid indrelid indnatts indnkeyatts indisunique indnullsnotdistinct indisprimary indisexclusion indimmediate indisclustered indisvalid indcheckxmin indisready indislive indisreplident indkey indcollation indclass indoption indexprs indpred",
  pg_inherits: "inhrelid inhparent inhseqno inhdetachpending",
  pg_namespace: "oid nspname nspowner nspacl",
  pg_policy: "oid polname polrelid polcmd polpermissive polroles polqual polwithcheck",
  pg_proc:
    "oid proname pronamespace proowner prolang procost prorows provariadic prosupport prokind prosecdef proleakproof proisstrict proretset provolatile proparallel pronargs pronargdefaults prorettype proargtypes proallargtypes proargmodes proargnames proargdefaults protrftypes prosrc probin prosqlbody proconfig proacl",
  pg_publication:
    "oid pubname pubowner puballtables pubinsert pubupdate pubdelete pubtruncate pubviaroot pubgencols",
  pg_publication_rel: "oid prpubid prrelid prqual prattrs",
  pg_publication_namespace: "oid pnpubid pnnspid",
  pg_rewrite: "oid rulename ev_class ev_type ev_enabled is_instead ev_qual ev_action",
  pg_statistic_ext:
    "oid stxrelid stxname stxnamespace stxowner stxstattarget stxkeys stxkind stxexprs",
  pg_trigger:
    "oid tgrelid tgparentid tgname tgfoid tgtype tgenabled tgisinternal tgconstrrelid tgconstrindid tgconstraint tgdeferrable tginitdeferred tgnargs tgattr tgargs tgqual tgoldtable tgnewtable",
};

/** The words as literals of SQL, with commas between. */
export const sqlList = (words: readonly string[]): string => words.map(escapeLiteral).join(", ");

/** `(catalog, column)` of all that is known. */
export const KNOWN_CATALOG_COLUMNS: readonly (readonly [catalog: string, column: string])[] =
  Object.entries(KNOWN_COLUMNS).flatMap(([catalog, columns]) =>
    columns.split(" ").map((column) => [catalog, column] as const),
  );

/** A condition on an option's name: the server's own are no property, and not worth a word. */
export const isUnknownOption = (name: string): string =>
  `(${name} NOT IN (${sqlList(KNOWN_OPTIONS)}) AND NOT starts_with(${name}, '${SERVERS_PREFIX}'))`;

export const isUnknownConstraint = (type: string): string =>
  `(${type} NOT IN (${sqlList([...KNOWN_CONSTRAINT_TYPES, ...OTHER_CONSTRAINT_TYPES])}))`;
