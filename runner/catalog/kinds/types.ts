import { escapeLiteral } from "pg";
import { quoteId, quoteOf, type Kind, type KindQuery } from "./kind";
import { AMONG, IN_SCHEMA, NAME_OF, ROUTINE } from "./sql";

// Array types, row types and multiranges belong to other types and tables. Base types are not described: they need C functions.

const QUERY = {
  catalog: "pg_type",
  from: IN_SCHEMA("pg_type", "t", "typnamespace"),
  oid: "t.oid",
  narrow: AMONG("t.oid"),
  among: ["pg_type"],
  schema: "n.schema",
  name: "t.typname",
  owner: "t.typowner",
  acl: { column: "t.typacl", letter: "'T'" },
} satisfies Omit<KindQuery, "properties">;

export const ENUM: Kind = {
  kind: "enum",
  read: { ...QUERY, where: "t.typtype = 'e'", properties: {} },
  covers: ["pg_enum"],
  reference: (id) => `TYPE ${quoteId(id)}`,
};

/** The values of enums: they can be added and renamed, but not dropped. */
export const LABEL: Kind = {
  kind: "label",
  read: {
    catalog: "pg_enum",
    from: "pg_enum e",
    oid: "e.oid",
    narrow: AMONG("e.enumtypid"),
    among: ["pg_type"],
    name: "e.enumlabel",
    of: { catalog: "'pg_type'", oid: "e.enumtypid" },
    place: "e.enumsortorder",
    comments: "none",
    properties: {},
  },
  reference: (id) => `TYPE ${quoteOf(id)} VALUE ${escapeLiteral(id.name)}`,
  rename: (id, name) =>
    `ALTER TYPE ${quoteOf(id)} RENAME VALUE ${escapeLiteral(id.name)} TO ${escapeLiteral(name)}`,
  drop: () => null,
};

export const DOMAIN: Kind = {
  kind: "domain",
  read: {
    ...QUERY,
    from: `${QUERY.from} JOIN pg_type b ON b.oid = t.typbasetype`,
    where: "t.typtype = 'd'",
    properties: {
      type: "format_type(t.typbasetype, t.typtypmod)",
      notNull: "t.typnotnull",
      default: "t.typdefault",
      collation:
        "CASE WHEN t.typcollation <> b.typcollation THEN t.typcollation::regcollation::text END",
    },
  },
  covers: ["pg_constraint"],
  severities: { default: "medium" },
  reference: (id) => `DOMAIN ${quoteId(id)}`,
  setBack: {
    default: (id, value) =>
      `ALTER DOMAIN ${quoteId(id)} ${typeof value === "string" ? `SET DEFAULT ${value}` : "DROP DEFAULT"}`,
    notNull: (id, value) =>
      `ALTER DOMAIN ${quoteId(id)} ${value === true ? "SET" : "DROP"} NOT NULL`,
  },
};

export const COMPOSITE_TYPE: Kind = {
  kind: "composite type",
  read: {
    ...QUERY,
    from: `${QUERY.from} JOIN pg_class c ON c.oid = t.typrelid`,
    where: "t.typtype = 'c' AND c.relkind = 'c'",
    properties: {},
  },
  covers: ["pg_class", "pg_attribute"],
  reference: (id) => `TYPE ${quoteId(id)}`,
};

export const RANGE_TYPE: Kind = {
  kind: "range type",
  read: {
    ...QUERY,
    from: `${QUERY.from} JOIN pg_range r ON r.rngtypid = t.oid`,
    properties: {
      subtype: "format_type(r.rngsubtype, NULL)",
      multirange: "format_type(r.rngmultitypid, NULL)",
      collation: "CASE WHEN r.rngcollation <> 0 THEN r.rngcollation::regcollation::text END",
      operatorClass: NAME_OF("pg_opclass", "opcname", "r.rngsubopc"),
      canonical: ROUTINE("r.rngcanonical"),
      difference: ROUTINE("r.rngsubdiff"),
    },
  },
  covers: ["pg_range"],
  reference: (id) => `TYPE ${quoteId(id)}`,
};
