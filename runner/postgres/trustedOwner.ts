/**
 * SQL that says whether an owner's code may run as this login, as the owner could act as this login or as the database's owner
 * anyway. Reading a view runs its functions, reading a table its policies, and using a value the casts of its type.
 *
 * @param owner the owner's oid, as SQL
 */
export const isTrustedOwner = (owner: string): string => `(
  pg_catalog.pg_has_role(${owner}, current_user, 'USAGE') OR pg_catalog.pg_has_role(${owner},
    (SELECT datdba FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()), 'USAGE'))`;
