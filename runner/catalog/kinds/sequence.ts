import { quoteId, type Kind } from "./kind";
import { RELATION } from "./relation";
import { WORD } from "./sql";

/** A column's own sequence, too: it goes with the column. Its value is data, and no property. */
export const SEQUENCE: Kind = {
  kind: "sequence",
  read: {
    ...RELATION,
    from: `${RELATION.from} JOIN pg_sequence s ON s.seqrelid = c.oid`,
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
  goesBy: ["ownedBy"],
  reference: (id) => `SEQUENCE ${quoteId(id)}`,
};
