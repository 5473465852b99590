import { escapeIdentifier } from "pg";
import type { CatalogObject, ObjectId } from "../../model";
import { quoteOf, type Kind } from "./kind";
import { RELATION } from "./relation";
import { clause, options, text, toggle } from "./setBack";
import { AMONG, OPTIONS, WORD } from "./sql";

const STORAGE = { p: "plain", e: "external", m: "main", x: "extended" };

/** Columns of tables and views, and of composite types, for which SQL's word is ATTRIBUTE. */
export const COLUMN: Kind = {
  kind: "column",
  read: {
    catalog: "pg_class",
    // From 18 on NOT NULL has a row in pg_constraint; its properties are the column's. Neither pg_attrdef nor pg_constraint is
    // read for a column without such a row.
    from: `${RELATION.from} JOIN pg_attribute a ON a.attrelid = c.oid
      JOIN pg_type t ON t.oid = a.atttypid
      LEFT JOIN LATERAL (SELECT * FROM pg_attrdef d WHERE a.atthasdef AND d.adrelid = c.oid AND d.adnum = a.attnum OFFSET 0) d ON true
      LEFT JOIN LATERAL (SELECT * FROM pg_constraint k
        WHERE a.attnotnull AND k.contype = 'n' AND k.conrelid = c.oid AND k.conkey[1] = a.attnum OFFSET 0) k ON true`,
    where: "c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c') AND a.attnum > 0 AND NOT a.attisdropped",
    oid: "c.oid",
    narrow: `${AMONG("c.oid")} AND ${AMONG("a.attrelid")}`,
    among: ["pg_class"],
    sub: "a.attnum",
    name: "a.attname",
    of: {
      catalog: "CASE c.relkind WHEN 'c' THEN 'pg_type' ELSE 'pg_class' END",
      oid: "CASE c.relkind WHEN 'c' THEN c.reltype ELSE c.oid END",
    },
    place: "a.attnum",
    acl: { column: "a.attacl", letter: "'c'", owner: "c.relowner", adds: true },
    boundTo: { catalog: "pg_attrdef", oid: "d.oid" },
    properties: {
      type: "format_type(a.atttypid, a.atttypmod)",
      collation: `CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END`,
      notNull: "a.attnotnull",
      notNullUnvalidated: "NOT k.convalidated",
      notNullNotInherited: "k.connoinherit",
      notNullComment:
        "(SELECT x.description FROM pg_description x WHERE x.objoid = k.oid AND x.classoid = 'pg_constraint'::regclass)",
      default: "CASE a.attgenerated WHEN '' THEN pg_get_expr(d.adbin, d.adrelid, true) END",
      generated: `${WORD("a.attgenerated", { s: "stored ", v: "virtual " })} || pg_get_expr(d.adbin, d.adrelid, true)`,
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
  severityUnexpected: "medium",
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
  ownedBy: ["inherited"],
  rename: (id, name) =>
    alter(id, `RENAME ${word(id)} ${escapeIdentifier(id.name)} TO ${escapeIdentifier(name)}`),
  grantedOn: (id) => `(${escapeIdentifier(id.name)}) ON TABLE ${quoteOf(id)}`,
  drop: (id) => alter(id, `DROP ${word(id)} ${escapeIdentifier(id.name)}`),
  make: (id, properties) => alter(id, `ADD ${word(id)} ${columnDefinition(id, properties)}`),
  whenMade: "its values are gone: restore them from a backup where they are needed",
  setBack: {
    generated: (id, value) => (value === null ? alterOne(id, "DROP EXPRESSION IF EXISTS") : null),
    identity: (id, value, { found }) =>
      value === null
        ? alterOne(id, "DROP IDENTITY IF EXISTS")
        : typeof found["identity"] === "string"
          ? alterOne(id, `SET GENERATED ${text(value)}`)
          : null,
    type: (id, value, { found }) =>
      isOfOneFamily(text(found["type"] ?? null), text(value))
        ? alterOne(id, `TYPE ${text(value)}`)
        : null,
    collation: (id, value, { expected }) =>
      alterOne(id, `TYPE ${text(expected["type"] ?? null)} COLLATE ${text(value) || '"default"'}`),
    default: clause(alterOne, (value) => `SET DEFAULT ${value}`, "DROP DEFAULT"),
    notNull: toggle(alterOne, "SET NOT NULL", "DROP NOT NULL"),
    // SET NOT NULL validates a constraint that was added as NOT VALID.
    notNullUnvalidated: (id, value, { expected }) =>
      value === null && expected["notNull"] === true ? alterOne(id, "SET NOT NULL") : null,
    storage: clause(alterOne, (value) => `SET STORAGE ${value}`, "SET STORAGE DEFAULT"),
    compression: clause(alterOne, (value) => `SET COMPRESSION ${value}`, "SET COMPRESSION default"),
    statistics: clause(alterOne, (value) => `SET STATISTICS ${value}`, "SET STATISTICS -1"),
    options: options(alter, (id) => `ALTER ${escapeIdentifier(id.name)} `),
  },
};

const FAMILIES = [
  /^(text|character varying(\(\d+\))?)(\[\])?$/,
  /^(smallint|integer|bigint)(\[\])?$/,
];

/** Whether the cast between two types keeps every value that fits and fails on others, so that none is lost silently. */
function isOfOneFamily(from: string, to: string): boolean {
  return (
    from.endsWith("[]") === to.endsWith("[]") &&
    (from === to || FAMILIES.some((family) => family.test(from) && family.test(to)))
  );
}

/** A column as ADD COLUMN takes it: `"c" text DEFAULT 'x' NOT NULL`. */
export function columnDefinition(
  { name }: ObjectId,
  {
    type = null,
    collation,
    default: value,
    generated,
    identity,
    notNull,
  }: CatalogObject["properties"],
): string {
  const [, how = "", expression = ""] = /^(\w+) (.*)$/s.exec(text(generated ?? null)) ?? [];
  return [
    `${escapeIdentifier(name)} ${text(type)}`,
    ...(typeof collation === "string" ? [`COLLATE ${collation}`] : []),
    ...(typeof value === "string" ? [`DEFAULT ${value}`] : []),
    ...(how === "" ? [] : [`GENERATED ALWAYS AS (${expression}) ${how.toUpperCase()}`]),
    ...(typeof identity === "string" ? [`GENERATED ${identity.toUpperCase()} AS IDENTITY`] : []),
    ...(notNull === true ? ["NOT NULL"] : []),
  ].join(" ");
}

function alterOne(id: ObjectId, action: string): string {
  return alter(id, `ALTER ${word(id)} ${escapeIdentifier(id.name)} ${action}`);
}

/** ALTER TABLE serves foreign tables and views, too. */
function alter(id: ObjectId, what: string): string {
  return `ALTER ${id.of?.kind === "composite type" ? "TYPE" : "TABLE"} ${quoteOf(id)} ${what}`;
}

function word(id: ObjectId): string {
  return id.of?.kind === "composite type" ? "ATTRIBUTE" : "COLUMN";
}
