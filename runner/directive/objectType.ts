import { escapeIdentifier } from "pg";
import { ownValue } from "../base/ownValue";
import type { AccessGrant, ObjectId } from "../model";

export type ObjectType = AccessGrant["objectType"];

/** As what access.yaml grants on an object, by its kind; on other kinds it grants nothing. */
const OBJECT_TYPES: Readonly<Record<string, ObjectType>> = {
  schema: "schema",
  table: "table",
  "foreign table": "table",
  view: "table",
  "materialized view": "table",
  column: "column",
  sequence: "sequence",
  function: "function",
  procedure: "function",
  aggregate: "function",
  enum: "type",
  domain: "type",
  "composite type": "type",
  "range type": "type",
};

/** Behind ON in GRANT and REVOKE: ROUTINE is a function, a procedure and an aggregate, TYPE is a domain, too. */
const WORDS: Readonly<Record<ObjectType, string>> = {
  schema: "SCHEMA",
  table: "TABLE",
  column: "TABLE",
  sequence: "SEQUENCE",
  function: "ROUTINE",
  type: "TYPE",
};

export function objectTypeOf({ kind }: Pick<ObjectId, "kind">): ObjectType | undefined {
  return ownValue(OBJECT_TYPES, kind);
}

/** What is granted on: a column's is its table. */
export type GrantedOn = Pick<AccessGrant, "objectType" | "schema" | "object">;

/** `ROUTINE "public".total(integer)`: what GRANT and REVOKE have behind ON. */
export function quoteGranted(on: GrantedOn): string {
  return `${grantWord(on.objectType)} ${quoteGrantedName(on)}`;
}

export function grantWord(objectType: ObjectType): string {
  return WORDS[objectType];
}

/** A routine's name is SQL already, as the server quotes it; access.yaml may name no other. */
export function quoteGrantedName({ objectType, schema, object }: GrantedOn): string {
  if (object === undefined) {
    return escapeIdentifier(schema);
  }
  return `${escapeIdentifier(schema)}.${objectType === "function" ? object : escapeIdentifier(object)}`;
}

/**
 * Whether the run makes this grant, in its transaction. The official plugin has no types, cannot quote a function's name,
 * and reads neither these nor sequences back by name; what it grants is on schemas, tables and columns.
 */
export function isGrantedByRun({ objectType }: Pick<AccessGrant, "objectType">): boolean {
  return ["sequence", "function", "type"].includes(objectType);
}
