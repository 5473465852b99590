import { escapeIdentifier } from "pg";
import type { ObjectId } from "../../model";
import { quoteOf, type Kind } from "./kind";
import { text } from "./setBack";
import { AMONG, IN_SCHEMA } from "./sql";

/** Constraints of tables and domains: check, foreign key, primary key, unique, exclusion. NOT NULL is a column's property. */
export const CONSTRAINT: Kind = {
  kind: "constraint",
  read: {
    catalog: "pg_constraint",
    from: IN_SCHEMA("pg_constraint", "k", "connamespace"),
    where: "k.contype IN ('c', 'f', 'p', 'u', 'x')",
    oid: "k.oid",
    // Two subqueries, so that each uses an index.
    narrow: `k.oid = ANY (ARRAY(SELECT x.oid FROM pg_constraint x WHERE ${AMONG("x.conrelid")}
      UNION SELECT x.oid FROM pg_constraint x WHERE ${AMONG("x.contypid")}))`,
    among: ["pg_class", "pg_type"],
    name: "k.conname",
    of: {
      catalog: "CASE k.contypid WHEN 0 THEN 'pg_class' ELSE 'pg_type' END",
      oid: "CASE k.contypid WHEN 0 THEN k.conrelid ELSE k.contypid END",
    },
    boundTo: { catalog: "pg_constraint", oid: "k.oid" },
    properties: {
      definition: "pg_get_constraintdef(k.oid, true)",
      // A foreign key is enforced by triggers on both tables, which a superuser can disable.
      unenforced:
        "EXISTS (SELECT FROM pg_trigger t WHERE t.tgconstraint = k.oid AND t.tgisinternal AND t.tgenabled <> 'O')",
      inherited: "k.coninhcount > 0",
      alsoLocal: "k.coninhcount > 0 AND k.conislocal",
      partOf: "(SELECT x.conname::text FROM pg_constraint x WHERE x.oid = k.conparentid)",
    },
  },
  reference: (id) =>
    `CONSTRAINT ${escapeIdentifier(id.name)} ON ${isOfDomain(id) ? "DOMAIN " : ""}${quoteOf(id)}`,
  drop: (id) => alter(id, `DROP CONSTRAINT ${escapeIdentifier(id.name)}`),
  ownedBy: ["inherited", "partOf"],
  isDisposable: true,
  make: (id, { definition = null }) =>
    alter(id, `ADD CONSTRAINT ${escapeIdentifier(id.name)} ${text(definition)}`),
  rename: (id, name) =>
    alter(id, `RENAME CONSTRAINT ${escapeIdentifier(id.name)} TO ${escapeIdentifier(name)}`),
  whenMade: "fails where rows do not meet it",
  setBack: {
    definition: (id, value, { found }) =>
      found["definition"] === `${text(value)} NOT VALID`
        ? alter(id, `VALIDATE CONSTRAINT ${escapeIdentifier(id.name)}`)
        : null,
  },
};

function alter(id: ObjectId, action: string): string {
  return `ALTER ${isOfDomain(id) ? "DOMAIN" : "TABLE"} ${quoteOf(id)} ${action}`;
}

function isOfDomain({ of }: ObjectId): boolean {
  return of?.kind === "domain";
}
