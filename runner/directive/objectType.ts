import { escapeIdentifier } from "pg";
import { ownValue } from "../base/ownValue";
import type { AccessGrant, ObjectId } from "../model";

export type ObjectType = AccessGrant["objectType"];

/** By kind of object, the type under which access.yaml grants on it; on other kinds it cannot grant. */
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

/** The words after ON in GRANT and REVOKE. ROUTINE covers functions, procedures and aggregates; TYPE covers domains. */
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

/** The object that a grant is on; for columns their table. */
export type GrantedOn = Pick<AccessGrant, "objectType" | "schema" | "object">;

/** The words after ON in GRANT and REVOKE: `ROUTINE "public".total(integer)`. */
export function quoteGranted(on: GrantedOn): string {
  return `${grantWord(on.objectType)} ${quoteGrantedName(on)}`;
}

export function grantWord(objectType: ObjectType): string {
  return WORDS[objectType];
}

/** A routine's name is not escaped: access.yaml has it as the server quotes it, and other forms are refused there. */
export function quoteGrantedName({ objectType, schema, object }: GrantedOn): string {
  if (object === undefined) {
    return escapeIdentifier(schema);
  }
  return `${escapeIdentifier(schema)}.${objectType === "function" ? object : escapeIdentifier(object)}`;
}

/**
 * Whether the run makes this grant, in its transaction; the postgresql plugin grants on schemas, tables and columns. The
 * official plugin does not know types, cannot quote a function's name, and cannot read functions and sequences by name.
 */
export function isGrantedByRun({ objectType }: Pick<AccessGrant, "objectType">): boolean {
  return ["sequence", "function", "type"].includes(objectType);
}
