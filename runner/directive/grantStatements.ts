import { escapeIdentifier } from "pg";
import type { AccessGrant, AccessMatrix } from "../model";
import { quote } from "../postgres/names";

/**
 * The access matrix as GRANT statements, in its order: what the postgresql plugin grants in a stack, for a database
 * without one (a rehearsal, a test). Roles and objects must be there. No statement revokes anything.
 */
export function grantStatements(matrix: AccessMatrix): string[] {
  return matrix.grants.map(grantStatement);
}

function grantStatement(grant: AccessGrant): string {
  const { schema, object, columns, privileges, role } = grant;
  const on =
    object === undefined
      ? `SCHEMA ${escapeIdentifier(schema)}`
      : `TABLE ${quote({ schema, name: object })}`;
  const ofColumns =
    columns === undefined ? "" : ` (${columns.map((name) => escapeIdentifier(name)).join(", ")})`;
  const words = privileges.map((privilege) => `${privilege}${ofColumns}`).join(", ");
  return `GRANT ${words} ON ${on} TO ${escapeIdentifier(role)}`;
}
