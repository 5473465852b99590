import { escapeIdentifier } from "pg";
import type { ObjectId } from "../../model";
import { quoteOf, type Kind } from "./kind";
import { IN_SCHEMA } from "./sql";

/** Of tables and of domains: check, foreign key, primary key, unique, exclusion. NOT NULL is its column's. */
export const CONSTRAINT: Kind = {
  kind: "constraint",
  read: {
    catalog: "pg_constraint",
    from: IN_SCHEMA("pg_constraint", "k", "connamespace"),
    where: "k.contype IN ('c', 'f', 'p', 'u', 'x')",
    oid: "k.oid",
    name: "k.conname",
    of: {
      catalog: "CASE k.contypid WHEN 0 THEN 'pg_class' ELSE 'pg_type' END",
      oid: "CASE k.contypid WHEN 0 THEN k.conrelid ELSE k.contypid END",
    },
    properties: {
      definition: "pg_get_constraintdef(k.oid)",
      inherited: "k.coninhcount > 0",
      alsoLocal: "k.coninhcount > 0 AND k.conislocal",
      partOf: "(SELECT x.conname::text FROM pg_constraint x WHERE x.oid = k.conparentid)",
    },
  },
  covers: ["pg_constraint"],
  severity: "high",
  reference: (id) =>
    `CONSTRAINT ${escapeIdentifier(id.name)} ON ${isOfDomain(id) ? "DOMAIN " : ""}${quoteOf(id)}`,
  goesBy: ["inherited", "partOf"],
  rename: (id, name) =>
    alter(id, `RENAME CONSTRAINT ${escapeIdentifier(id.name)} TO ${escapeIdentifier(name)}`),
  drop: (id) => alter(id, `DROP CONSTRAINT ${escapeIdentifier(id.name)}`),
};

function alter(id: ObjectId, what: string): string {
  return `ALTER ${isOfDomain(id) ? "DOMAIN" : "TABLE"} ${quoteOf(id)} ${what}`;
}

function isOfDomain({ of }: ObjectId): boolean {
  return of?.kind === "domain";
}
