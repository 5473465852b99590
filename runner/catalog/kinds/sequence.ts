import { quoteId, type Kind } from "./kind";
import { IN_SCHEMA, WORD } from "./sql";

/** A column's own sequence, too: it goes with the column. Its value is data, and no property. */
export const SEQUENCE: Kind = {
  kind: "sequence",
  read: {
    catalog: "pg_class",
    from: `${IN_SCHEMA("pg_class", "c", "relnamespace")} JOIN pg_sequence s ON s.seqrelid = c.oid`,
    oid: "c.oid",
    schema: "n.schema",
    name: "c.relname",
    owner: "c.relowner",
    acl: { column: "c.relacl", type: "s" },
    properties: {
      ownedBy: `(SELECT d.refobjid::regclass::text || '.' || quote_ident(a.attname)
          || CASE d.deptype WHEN 'i' THEN ' as identity' ELSE '' END
        FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))`,
      persistence: WORD("c.relpersistence", { u: "unlogged", t: "temporary" }),
      type: "format_type(s.seqtypid, NULL)",
      // As text: 9223372036854775807 is no number of JSON.
      start: "s.seqstart::text",
      increment: "s.seqincrement::text",
      minimum: "s.seqmin::text",
      maximum: "s.seqmax::text",
      cache: "s.seqcache::text",
      cycle: "s.seqcycle",
    },
  },
  covers: ["pg_class", "pg_sequence", "pg_attribute"],
  severity: "high",
  reference: (id) => `SEQUENCE ${quoteId(id)}`,
};
