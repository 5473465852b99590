import { escapeIdentifier } from "pg";
import type { AccessGrant, AccessMatrix, ObjectId } from "../model";
import { objectTypeOf, quoteGranted } from "./objectType";

/**
 * The access matrix, or some of its grants, as GRANT statements, in its order: for what the run grants, and, of what the
 * postgresql plugin grants in a stack, for where it does not (a rehearsal, a repair, a test). Roles and objects must be
 * there. Revokes nothing.
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

/** Whether a grant is on an object, on its columns, or on this column. */
export function isAboutGrant(grant: AccessGrant, id: ObjectId): boolean {
  return (
    isGrantOn(grant, id) ||
    (id.of !== undefined && isGrantOn(grant, id.of) && grant.columns?.includes(id.name) === true)
  );
}

function grantStatement(grant: AccessGrant): string {
  const { columns, privileges, role } = grant;
  const ofColumns =
    columns === undefined ? "" : ` (${columns.map((name) => escapeIdentifier(name)).join(", ")})`;
  const words = privileges.map((privilege) => `${privilege}${ofColumns}`).join(", ");
  return `GRANT ${words} ON ${quoteGranted(grant)} TO ${escapeIdentifier(role)}`;
}
