import { escapeIdentifier } from "pg";
import type { ObjectId } from "../../model";
import { quoteOf, type Kind } from "./kind";
import { RELATION } from "./relation";
import { clause, options } from "./setBack";
import { AMONG, ATOMS, NAME_OF, OPTIONS, REPLACE_ONCE } from "./sql";

/** The WITH clause as pg_get_indexdef writes it. It is cut out of the definition, as options are a property of their own. */
const WITH_CLAUSE = `(
  SELECT ' WITH (' || string_agg(quote_ident(o.option_name) || '='
      || CASE quote_ident(o.option_value) WHEN o.option_value THEN o.option_value ELSE quote_literal(o.option_value) END,
      ', ' ORDER BY o.ordinality) || ')'
    FROM pg_options_to_table(c.reloptions) WITH ORDINALITY o(option_name, option_value, ordinality))`;

/** Indexes, including those of constraints, which are dropped with the constraint. */
export const INDEX: Kind = {
  kind: "index",
  read: {
    catalog: "pg_class",
    from: `${RELATION.from} JOIN pg_index i ON i.indexrelid = c.oid`,
    oid: "c.oid",
    name: "c.relname",
    of: { catalog: "'pg_class'", oid: "i.indrelid" },
    narrow: AMONG("i.indrelid"),
    among: ["pg_class"],
    boundTo: { catalog: "pg_class", oid: "c.oid" },
    properties: {
      definition: REPLACE_ONCE("pg_get_indexdef(c.oid)", WITH_CLAUSE, "''"),
      options: OPTIONS("c.reloptions"),
      constraint: `(SELECT k.conname::text FROM pg_constraint k
        WHERE k.conrelid = i.indrelid AND k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))`,
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
  covers: ["pg_index", "pg_attribute", "pg_inherits"],
  severity: "medium",
  severities: {
    definition: "medium",
    options: "medium",
    invalid: "medium",
    clustered: "low",
    statistics: "low",
    tablespace: "low",
  },
  ownedBy: ["constraint", "partOf"],
  reference: (id) => `INDEX ${quoteIndex(id)}`,
  isDisposable: true,
  rename: (id, name) => alter(id, `RENAME TO ${escapeIdentifier(name)}`),
  setBack: {
    options: options(alter),
    clustered: (id, value) =>
      `ALTER TABLE ${quoteOf(id)} ${value === true ? `CLUSTER ON ${escapeIdentifier(id.name)}` : "SET WITHOUT CLUSTER"}`,
    replicaIdentity: (id, value) =>
      `ALTER TABLE ${quoteOf(id)} REPLICA IDENTITY ${value === true ? `USING INDEX ${escapeIdentifier(id.name)}` : "DEFAULT"}`,
    invalid: (id, value) => (value === null ? `REINDEX INDEX ${quoteIndex(id)}` : null),
    tablespace: clause(
      alter,
      (name) => `SET TABLESPACE ${escapeIdentifier(name)}`,
      "SET TABLESPACE pg_default",
    ),
  },
};

function alter(id: ObjectId, action: string): string {
  return `ALTER INDEX ${quoteIndex(id)} ${action}`;
}

/** An index is in its table's schema. */
function quoteIndex({ name, of }: ObjectId): string {
  return `${escapeIdentifier(of?.schema ?? "")}.${escapeIdentifier(name)}`;
}
