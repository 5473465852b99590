import { escapeLiteral } from "pg";

/**
 * What this version knows of the catalogs of PostgreSQL 13 to 18. A server may have more: a minor release that sets an option
 * by itself (15.20 and 17.12 write `pg_attver` to each column), a later major with a new privilege. That alone is no
 * difference; notCompared.ts lists it.
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

/** `fillfactor` of `fillfactor=50`. */
export function optionName(option: string): string {
  return option.slice(0, option.indexOf("="));
}

/** A regular expression for `name=value` that the server set itself; `pg_trgm.x=1` is an extension's setting and does not match. */
export const SERVERS_OWN = "^pg_[^.=]*=";

/** Kinds of constraints: check, foreign key, primary key, unique, exclusion. */
const KNOWN_CONSTRAINT_TYPES: readonly string[] = ["c", "f", "p", "u", "x"];

/** Constraints that are read as part of other kinds: NOT NULL (from 18 on) with its column, a constraint trigger as a trigger. */
const OTHER_CONSTRAINT_TYPES: readonly string[] = ["n", "t"];

/** Privileges. https://www.postgresql.org/docs/18/ddl-priv.html */
export const KNOWN_PRIVILEGES: ReadonlySet<string> = new Set([
  ..."SELECT INSERT UPDATE DELETE TRUNCATE REFERENCES TRIGGER MAINTAIN".split(" "),
  ..."USAGE CREATE EXECUTE CONNECT TEMPORARY SET".split(" "),
  "ALTER SYSTEM",
]);

/** The privileges that an owner has by default on every server; MAINTAIN, which exists from 17 on, is left out. */
export const OWNERS_PRIVILEGES: readonly string[] =
  "SELECT INSERT UPDATE DELETE TRUNCATE REFERENCES TRIGGER USAGE CREATE EXECUTE".split(" ");

/**
 * The columns of the catalogs that are described, on 13 to 18. A column is read; or `=` marks it as covered by a definition or
 * by another column; or `-` marks it as no property: internal to the server, or nothing that a directive may change.
 */
const KNOWN_COLUMNS: Readonly<Record<string, string>> = {
  pg_aggregate:
    "aggfnoid aggkind aggnumdirectargs aggtransfn aggfinalfn aggcombinefn aggserialfn aggdeserialfn aggmtransfn aggminvtransfn aggmfinalfn aggfinalextra aggmfinalextra aggfinalmodify aggmfinalmodify aggsortop aggtranstype aggtransspace aggmtranstype aggmtransspace agginitval aggminitval",
  pg_amop:
    "oid amopfamily =amoplefttype =amoprighttype amopstrategy amoppurpose amopopr =amopmethod amopsortfamily",
  pg_amproc: "oid amprocfamily amproclefttype amprocrighttype amprocnum amproc",
  pg_attrdef: "oid adrelid adnum adbin",
  pg_attribute:
    "attrelid attname atttypid attstattarget =attlen attnum -attndims -attcacheoff atttypmod =attbyval =attalign attstorage attcompression attnotnull atthasdef -atthasmissing attidentity attgenerated attisdropped attislocal attinhcount attcollation attacl attoptions attfdwoptions -attmissingval",
  pg_auth_members: "roleid member grantor admin_option oid inherit_option set_option",
  pg_authid:
    "oid rolname rolsuper rolinherit rolcreaterole rolcreatedb rolcanlogin rolreplication rolbypassrls rolconnlimit -rolpassword rolvaliduntil",
  pg_cast: "oid castsource casttarget castfunc castcontext castmethod",
  pg_class:
    "oid relname relnamespace reltype reloftype relowner relam -relfilenode reltablespace -relpages -reltuples -relallvisible -relallfrozen reltoastrelid =relhasindex -relisshared relpersistence relkind =relnatts =relchecks =relhasrules =relhastriggers =relhassubclass relrowsecurity relforcerowsecurity relispopulated relreplident =relispartition -relrewrite -relfrozenxid -relminmxid relacl reloptions relpartbound",
  pg_collation:
    "oid collname collnamespace collowner collprovider collisdeterministic -collencoding collcollate collctype colliculocale -collversion collicurules colllocale",
  pg_constraint:
    "oid conname connamespace contype =condeferrable =condeferred convalidated =conenforced conrelid contypid conindid conparentid =confrelid =confupdtype =confdeltype =confmatchtype conislocal coninhcount connoinherit =conperiod conkey =confkey =conpfeqop =conppeqop =conffeqop =confdelsetcols =conexclop =conbin",
  pg_database:
    "oid datname datdba -encoding -datlocprovider datistemplate datallowconn datconnlimit -datfrozenxid -datminmxid dattablespace -datcollate -datctype -daticulocale -datcollversion datacl -daticurules =dathasloginevt -datlocale -datlastsysoid",
  pg_db_role_setting: "setdatabase setrole setconfig",
  pg_default_acl: "oid defaclrole defaclnamespace defaclobjtype defaclacl",
  pg_description: "objoid classoid objsubid description",
  pg_enum: "oid enumtypid enumsortorder enumlabel",
  pg_event_trigger: "oid evtname evtevent evtowner evtfoid evtenabled evttags",
  pg_extension:
    "oid extname extowner extnamespace -extrelocatable -extversion -extconfig -extcondition",
  pg_foreign_data_wrapper: "oid fdwname fdwowner fdwhandler fdwvalidator fdwacl fdwoptions",
  pg_foreign_server: "oid srvname srvowner srvfdw srvtype srvversion srvacl srvoptions",
  pg_foreign_table: "ftrelid ftserver ftoptions",
  pg_index:
    "indexrelid indrelid =indnatts =indnkeyatts =indisunique =indnullsnotdistinct =indisprimary =indisexclusion indimmediate indisclustered indisvalid -indcheckxmin indisready indislive indisreplident =indkey =indcollation =indclass =indoption =indexprs =indpred",
  pg_inherits: "inhrelid inhparent -inhseqno inhdetachpending",
  pg_init_privs: "objoid classoid objsubid -privtype initprivs",
  pg_language:
    "oid lanname lanowner lanispl lanpltrusted lanplcallfoid laninline lanvalidator lanacl",
  pg_namespace: "oid nspname nspowner nspacl",
  pg_opclass:
    "oid opcmethod opcname opcnamespace opcowner opcfamily opcintype opcdefault opckeytype",
  pg_operator:
    "oid oprname oprnamespace oprowner =oprkind oprcanmerge oprcanhash oprleft oprright =oprresult oprcom oprnegate oprcode oprrest oprjoin",
  pg_opfamily: "oid opfmethod opfname opfnamespace opfowner",
  pg_partitioned_table:
    "=partrelid =partstrat =partnatts =partdefid =partattrs =partclass =partcollation =partexprs",
  pg_policy: "oid polname polrelid polcmd polpermissive polroles polqual polwithcheck",
  pg_proc:
    "oid proname pronamespace proowner =prolang =procost =prorows =provariadic =prosupport prokind =prosecdef =proleakproof =proisstrict =proretset =provolatile proparallel =pronargs =pronargdefaults =prorettype proargtypes =proallargtypes =proargmodes =proargnames =proargdefaults =protrftypes =prosrc =probin =prosqlbody proconfig proacl",
  pg_publication:
    "oid pubname pubowner puballtables pubinsert pubupdate pubdelete pubtruncate pubviaroot pubgencols",
  pg_publication_namespace: "oid pnpubid pnnspid",
  pg_publication_rel: "oid prpubid prrelid prqual prattrs",
  pg_range: "rngtypid rngsubtype rngmultitypid rngcollation rngsubopc rngcanonical rngsubdiff",
  pg_rewrite: "oid rulename ev_class =ev_type ev_enabled =is_instead =ev_qual =ev_action",
  pg_sequence: "seqrelid seqtypid seqstart seqincrement seqmax seqmin seqcache seqcycle",
  pg_shdescription: "objoid classoid description",
  pg_statistic_ext:
    "oid stxrelid stxname stxnamespace stxowner stxstattarget =stxkeys =stxkind =stxexprs",
  pg_trigger:
    "oid tgrelid tgparentid tgname =tgfoid =tgtype tgenabled tgisinternal =tgconstrrelid =tgconstrindid tgconstraint =tgdeferrable =tginitdeferred =tgnargs =tgattr =tgargs =tgqual =tgoldtable =tgnewtable",
  pg_ts_config: "oid cfgname cfgnamespace cfgowner cfgparser",
  pg_ts_config_map: "mapcfg maptokentype mapseqno mapdict",
  pg_ts_dict: "oid dictname dictnamespace dictowner dicttemplate dictinitoption",
  pg_type:
    "oid typname typnamespace typowner -typlen -typbyval typtype -typcategory -typispreferred =typisdefined -typdelim typrelid -typsubscript =typelem =typarray -typinput -typoutput -typreceive -typsend -typmodin -typmodout -typanalyze -typalign typstorage typnotnull typbasetype typtypmod -typndims typcollation =typdefaultbin typdefault typacl",
  pg_user_mapping: "oid umuser =umserver umoptions",
};

/** The words as literals of SQL, with commas between. */
export const sqlList = (words: readonly string[]): string => words.map(escapeLiteral).join(", ");

const SIGN = /^[=-]/;

const SIGNED_COLUMNS = Object.entries(KNOWN_COLUMNS).flatMap(([catalog, columns]) =>
  columns.split(" ").map((column) => [catalog, column] as const),
);

type CatalogColumns = readonly (readonly [catalog: string, column: string])[];

/** All known columns. */
export const KNOWN_CATALOG_COLUMNS: CatalogColumns = SIGNED_COLUMNS.map(([catalog, column]) => [
  catalog,
  column.replace(SIGN, ""),
]);

/** The known columns that are not read. */
export const NOT_READ_COLUMNS: CatalogColumns = SIGNED_COLUMNS.filter(([, column]) =>
  SIGN.test(column),
).map(([catalog, column]) => [catalog, column.replace(SIGN, "")]);

/** Every kind of constraint that is known, as a list of SQL. */
export const CONSTRAINT_TYPES = sqlList([...KNOWN_CONSTRAINT_TYPES, ...OTHER_CONSTRAINT_TYPES]);
