import { escapeIdentifier } from "pg";
import type { QualifiedName } from "../model";

/** PostgreSQL truncates longer names, so that two could become one. NAMEDATALEN is 64, with a terminating zero byte. */
export const MAX_NAME_BYTES = 63;

/** Whether PostgreSQL would truncate this name. */
export function isTooLong(name: string): boolean {
  return Buffer.byteLength(name) > MAX_NAME_BYTES;
}

/** `public.file_audit`, for messages and keys. */
export function formatName({ schema, name }: QualifiedName): string {
  return `${schema}.${name}`;
}

/** `"public"."file_audit"`, for SQL. */
export function quote({ schema, name }: QualifiedName): string {
  return `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
}

/** Whether two qualified names are equal. */
export function sameName(a: QualifiedName, b: QualifiedName): boolean {
  return a.schema === b.schema && a.name === b.name;
}

/** The schemas and the names as two lists, for queries: the catalog has indexes on names, none on `schema.name`. */
export function splitNames(names: readonly QualifiedName[]): readonly [string[], string[]] {
  return [names.map(({ schema }) => schema), names.map(({ name }) => name)];
}
