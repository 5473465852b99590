import { escapeIdentifier } from "pg";
import type { ObjectId } from "../../model";
import type { Kind } from "./kind";
import { RELATION } from "./relation";
import { ATOMS, NAME_OF } from "./sql";

/** The index behind a constraint, too: it goes with the constraint. */
export const INDEX: Kind = {
  kind: "index",
  read: {
    catalog: "pg_class",
    from: `${RELATION.from} JOIN pg_index i ON i.indexrelid = c.oid`,
    oid: "c.oid",
    name: "c.relname",
    of: { catalog: "'pg_class'", oid: "i.indrelid" },
    properties: {
      definition: "pg_get_indexdef(c.oid)",
      constraint: `(SELECT k.conname::text FROM pg_depend d JOIN pg_constraint k ON k.oid = d.refobjid
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i' AND d.refclassid = 'pg_constraint'::regclass)`,
      partOf: ATOMS("pg_inherits h WHERE h.inhrelid = c.oid", "h.inhparent::regclass::text"),
      clustered: "i.indisclustered",
      replicaIdentity: "i.indisreplident",
      deferred: "NOT i.indimmediate",
      invalid: "NOT (i.indisvalid AND i.indisready AND i.indislive)",
      statistics: ATOMS(
        "pg_attribute a WHERE a.attrelid = c.oid AND a.attstattarget >= 0",
        "a.attnum || '=' || a.attstattarget",
      ),
      tablespace: NAME_OF("pg_tablespace", "spcname", "c.reltablespace"),
    },
  },
  covers: ["pg_class", "pg_index", "pg_attribute", "pg_inherits"],
  severity: "medium",
  severities: { invalid: "medium", clustered: "low", statistics: "low", tablespace: "low" },
  goesBy: ["constraint", "partOf"],
  reference: (id) => `INDEX ${quoteIndex(id)}`,
};

/** An index lies where its table does. */
function quoteIndex({ name, of }: ObjectId): string {
  return `${escapeIdentifier(of?.schema ?? "")}.${escapeIdentifier(name)}`;
}
