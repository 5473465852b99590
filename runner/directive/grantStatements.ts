import { escapeIdentifier } from "pg";
import type { AccessGrant, AccessMatrix } from "../model";
import { formatName, quote } from "../postgres/names";

/**
 * The access matrix, or some of its grants, as GRANT statements, in its order: what the postgresql plugin grants in a
 * stack, for where it does not (a rehearsal, a repair, a test). Roles and objects must be there. Revokes nothing.
 */
export function grantStatements({ grants }: Pick<AccessMatrix, "grants">): string[] {
  return grants.map(grantStatement);
}

/** The grants on one relation, `public.t`. */
export function grantsOn({ grants }: AccessMatrix, relation: string): readonly AccessGrant[] {
  return grants.filter(
    ({ schema, object }) =>
      object !== undefined && formatName({ schema, name: object }) === relation,
  );
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
