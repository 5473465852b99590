import type { ObjectId } from "../../model";
import { quoteId, type Kind, type SetBack } from "./kind";
import { RELATION } from "./relation";
import { clause, text, toggle } from "./setBack";
import { WORD } from "./sql";

/** Sequences, including those of columns, which are dropped with the column. A sequence's value is data and not read. */
export const SEQUENCE: Kind = {
  kind: "sequence",
  read: {
    ...RELATION,
    from: `${RELATION.from} JOIN pg_sequence s ON s.seqrelid = c.oid`,
    acl: { column: "c.relacl", letter: "'s'" },
    properties: {
      ownedBy: `(SELECT d.refobjid::regclass::text || '.' || quote_ident(a.attname)
          || CASE d.deptype WHEN 'i' THEN ' as identity' ELSE '' END
        FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))`,
      persistence: WORD("c.relpersistence", { u: "unlogged", t: "temporary" }),
      type: "format_type(s.seqtypid, NULL)",
      // As text: JSON numbers lose precision at 9223372036854775807.
      start: "s.seqstart::text",
      increment: "s.seqincrement::text",
      minimum: "s.seqmin::text",
      maximum: "s.seqmax::text",
      cache: "s.seqcache::text",
      cycle: "s.seqcycle",
    },
  },
  covers: ["pg_sequence", "pg_attribute"],
  ownedBy: ["ownedBy"],
  reference: (id) => `SEQUENCE ${quoteId(id)}`,
  whenMade:
    "if it was renamed or moved, take that back instead; its value is gone: setval() says where it goes on",
  setBack: {
    persistence: clause(alter, (word) => `SET ${word.toUpperCase()}`, "SET LOGGED"),
    type: always("AS"),
    minimum: always("MINVALUE"),
    maximum: always("MAXVALUE"),
    start: always("START WITH"),
    increment: always("INCREMENT BY"),
    cache: always("CACHE"),
    cycle: toggle(alter, "CYCLE", "NO CYCLE"),
    ownedBy: (id, value, { found }) =>
      [value, found["ownedBy"]].some((one) => text(one ?? null).endsWith(" as identity"))
        ? null
        : alter(id, `OWNED BY ${text(value) || "NONE"}`),
  },
};

function alter(id: ObjectId, action: string): string {
  return `ALTER SEQUENCE ${quoteId(id)} ${action}`;
}

function always(word: string): SetBack {
  return (id, value) => (typeof value === "string" ? alter(id, `${word} ${value}`) : null);
}
