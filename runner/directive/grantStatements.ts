import { escapeIdentifier } from "pg";
import type { AccessGrant, AccessMatrix, ObjectId } from "../model";
import { objectTypeOf, quoteGranted } from "./objectType";

/**
 * The grants as GRANT statements, in their order. A run uses them for its own grants ({@link isGrantedByRun}); a rehearsal
 * and a repair also for those that the postgresql plugin makes in a stack. Roles and objects must exist. Nothing is revoked.
 */
export function grantStatements({ grants }: Pick<AccessMatrix, "grants">): string[] {
  return grants.map(grantStatement);
}

/** Whether a grant is on this object, or on columns of it. */
export function isGrantOn({ objectType, schema, object }: AccessGrant, id: ObjectId): boolean {
  const type = objectType === "column" ? "table" : objectType;
  return (
    type === objectTypeOf(id) &&
    (object === undefined ? schema === id.name : schema === id.schema && object === id.name)
  );
}

/** Whether a grant is on the object or on columns of it; or, where the id is a column's, on that column or its table. */
export function isAboutGrant(grant: AccessGrant, id: ObjectId): boolean {
  return (
    isGrantOn(grant, id) ||
    (id.of !== undefined && isGrantOn(grant, id.of) && grant.columns?.includes(id.name) === true)
  );
}

/** The grant without that object: none, or without a column one on fewer columns. */
export function grantWithout(grant: AccessGrant, id: ObjectId): readonly AccessGrant[] {
  if (!isAboutGrant(grant, id)) {
    return [grant];
  }
  const columns = isGrantOn(grant, id) ? [] : grant.columns?.filter((name) => name !== id.name);
  return columns === undefined || columns.length === 0 ? [] : [{ ...grant, columns }];
}

function grantStatement(grant: AccessGrant): string {
  const { columns, privileges, role } = grant;
  const ofColumns =
    columns === undefined ? "" : ` (${columns.map((name) => escapeIdentifier(name)).join(", ")})`;
  const words = privileges.map((privilege) => `${privilege}${ofColumns}`).join(", ");
  return `GRANT ${words} ON ${quoteGranted(grant)} TO ${escapeIdentifier(role)}`;
}
