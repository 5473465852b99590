import { escapeIdentifier } from "pg";
import type { ObjectId } from "../../model";
import { quoteOf, type Kind } from "./kind";
import { RELATION } from "./relation";
import { OPTIONS, WORD } from "./sql";

const STORAGE = { p: "plain", e: "external", m: "main", x: "extended" };

/** Of tables and views, and of composite types, where SQL says ATTRIBUTE. */
export const COLUMN: Kind = {
  kind: "column",
  read: {
    catalog: "pg_class",
    // From 18 on a NOT NULL has a row of its own: its unusual parts are the column's.
    from: `${RELATION.from} JOIN pg_attribute a ON a.attrelid = c.oid
      JOIN pg_type t ON t.oid = a.atttypid
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
      LEFT JOIN pg_constraint k ON k.contype = 'n' AND k.conrelid = c.oid AND k.conkey[1] = a.attnum`,
    where: "c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c') AND a.attnum > 0 AND NOT a.attisdropped",
    oid: "c.oid",
    sub: "a.attnum",
    name: "a.attname",
    of: {
      catalog: "CASE c.relkind WHEN 'c' THEN 'pg_type' ELSE 'pg_class' END",
      oid: "CASE c.relkind WHEN 'c' THEN c.reltype ELSE c.oid END",
    },
    place: "a.attnum",
    acl: { column: "a.attacl", type: "c", owner: "c.relowner" },
    properties: {
      type: "format_type(a.atttypid, a.atttypmod)",
      collation: `CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END`,
      notNull: "a.attnotnull",
      notNullUnvalidated: "NOT k.convalidated",
      notNullNotInherited: "k.connoinherit",
      notNullComment:
        "(SELECT x.description FROM pg_description x WHERE x.objoid = k.oid AND x.classoid = 'pg_constraint'::regclass)",
      default: "CASE a.attgenerated WHEN '' THEN pg_get_expr(d.adbin, d.adrelid) END",
      generated: `${WORD("a.attgenerated", { s: "stored ", v: "virtual " })} || pg_get_expr(d.adbin, d.adrelid)`,
      identity: WORD("a.attidentity", { a: "always", d: "by default" }),
      storage: `CASE WHEN a.attstorage <> t.typstorage THEN ${WORD("a.attstorage", STORAGE)} END`,
      compression: WORD("a.attcompression", { p: "pglz", l: "lz4" }),
      statistics: "nullif(a.attstattarget::text, '-1')",
      options: OPTIONS("a.attoptions"),
      foreignOptions: OPTIONS("a.attfdwoptions"),
      inherited: "a.attinhcount > 0",
      alsoLocal: "a.attinhcount > 0 AND a.attislocal",
    },
  },
  covers: ["pg_attribute", "pg_attrdef"],
  severity: "high",
  severities: {
    default: "medium",
    type: "medium",
    collation: "medium",
    statistics: "low",
    storage: "low",
    compression: "low",
    after: "low",
  },
  reference: (id) => `COLUMN ${quoteOf(id)}.${escapeIdentifier(id.name)}`,
  goesBy: ["inherited"],
  rename: (id, name) =>
    alter(id, `RENAME ${word(id)} ${escapeIdentifier(id.name)} TO ${escapeIdentifier(name)}`),
  grantedOn: (id) => `(${escapeIdentifier(id.name)}) ON TABLE ${quoteOf(id)}`,
  drop: (id) => alter(id, `DROP ${word(id)} ${escapeIdentifier(id.name)}`),
  setBack: {
    default: (id, value) =>
      alter(
        id,
        `ALTER ${escapeIdentifier(id.name)} ${typeof value === "string" ? `SET DEFAULT ${value}` : "DROP DEFAULT"}`,
      ),
    notNull: (id, value) =>
      alter(id, `ALTER ${escapeIdentifier(id.name)} ${value === true ? "SET" : "DROP"} NOT NULL`),
  },
};

/** Of a foreign table and of a view it is ALTER TABLE, too. */
function alter(id: ObjectId, what: string): string {
  return `ALTER ${id.of?.kind === "composite type" ? "TYPE" : "TABLE"} ${quoteOf(id)} ${what}`;
}

function word(id: ObjectId): string {
  return id.of?.kind === "composite type" ? "ATTRIBUTE" : "COLUMN";
}
