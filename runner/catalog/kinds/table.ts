import { escapeIdentifier } from "pg";
import type { ObjectId } from "../../model";
import { quoteId, type Kind, type KindQuery } from "./kind";
import { RELATION } from "./relation";
import { clause, entries, options, toggle } from "./setBack";
import { ATOMS, NAME_OF, OPTIONS, WORD } from "./sql";

/** The query fields of relations that hold rows. */
const QUERY: Omit<KindQuery, "where"> = {
  ...RELATION,
  acl: { column: "c.relacl", letter: "'r'" },
  properties: {
    persistence: WORD("c.relpersistence", { u: "unlogged", t: "temporary" }),
    rowSecurity: "c.relrowsecurity",
    forceRowSecurity: "c.relforcerowsecurity",
    partitionKey: "CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END",
    bound: "pg_get_expr(c.relpartbound, c.oid)",
    inherits: ATOMS("pg_inherits i WHERE i.inhrelid = c.oid", "i.inhparent::regclass::text"),
    children: ATOMS("pg_inherits i WHERE i.inhparent = c.oid", "i.inhrelid::regclass::text"),
    detachPending:
      "EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid AND i.inhdetachpending)",
    ofType: "CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END",
    options: OPTIONS("c.reloptions"),
    toastOptions: `(SELECT ${OPTIONS("t.reloptions")} FROM pg_class t WHERE t.oid = c.reltoastrelid)`,
    replicaIdentity: WORD("c.relreplident", { n: "nothing", f: "full", i: "index" }),
    accessMethod: `nullif(${NAME_OF("pg_am", "amname", "c.relam")}, 'heap')`,
    tablespace: NAME_OF("pg_tablespace", "spcname", "c.reltablespace"),
  },
};

const alter = (id: ObjectId, action: string): string => `ALTER TABLE ${quoteId(id)} ${action}`;

const SET_BACK: Kind["setBack"] = {
  persistence: clause(alter, (word) => `SET ${word.toUpperCase()}`, "SET LOGGED"),
  rowSecurity: toggle(alter, "ENABLE ROW LEVEL SECURITY", "DISABLE ROW LEVEL SECURITY"),
  forceRowSecurity: toggle(alter, "FORCE ROW LEVEL SECURITY", "NO FORCE ROW LEVEL SECURITY"),
  inherits: entries(
    "inherits",
    (id, parent) => alter(id, `NO INHERIT ${parent}`),
    (id, parent) => alter(id, `INHERIT ${parent}`),
  ),
  children: entries(
    "children",
    (id, child) => `ALTER TABLE ${child} NO INHERIT ${quoteId(id)}`,
    (id, child) => `ALTER TABLE ${child} INHERIT ${quoteId(id)}`,
  ),
  ofType: clause(alter, (type) => `OF ${type}`, "NOT OF"),
  options: options(alter),
  replicaIdentity: (id, value) =>
    value === "index"
      ? null
      : alter(
          id,
          `REPLICA IDENTITY ${typeof value === "string" ? value.toUpperCase() : "DEFAULT"}`,
        ),
  accessMethod: clause(
    alter,
    (name) => `SET ACCESS METHOD ${escapeIdentifier(name)}`,
    "SET ACCESS METHOD heap",
  ),
  tablespace: clause(
    alter,
    (name) => `SET TABLESPACE ${escapeIdentifier(name)}`,
    "SET TABLESPACE pg_default",
  ),
};

const WHEN_MADE =
  "if it was renamed or moved, take that back instead; if it was dropped, restore its rows from a backup afterwards";

const SEVERITIES: Kind["severities"] = {
  rowSecurity: "critical",
  forceRowSecurity: "critical",
  tablespace: "low",
};

export const TABLE: Kind = {
  kind: "table",
  read: { ...QUERY, where: "c.relkind IN ('r', 'p')" },
  covers: ["pg_type", "pg_inherits", "pg_partitioned_table", "pg_attribute"],
  severities: SEVERITIES,
  reference: (id) => `TABLE ${quoteId(id)}`,
  setBack: SET_BACK,
  whenMade: WHEN_MADE,
};

export const FOREIGN_TABLE: Kind = {
  kind: "foreign table",
  read: {
    ...QUERY,
    from: `${QUERY.from} JOIN pg_foreign_table f ON f.ftrelid = c.oid`,
    properties: {
      ...QUERY.properties,
      server: NAME_OF("pg_foreign_server", "srvname", "f.ftserver"),
      foreignOptions: OPTIONS("f.ftoptions"),
    },
  },
  covers: ["pg_type", "pg_foreign_table", "pg_attribute"],
  severities: SEVERITIES,
  grantedOn: (id) => `ON TABLE ${quoteId(id)}`,
  reference: (id) => `FOREIGN TABLE ${quoteId(id)}`,
  setBack: SET_BACK,
  whenMade: WHEN_MADE,
};
