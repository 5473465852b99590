/**
 * SQL that says whether this login may read a table's rows without running the code of a policy, which is the target's.
 *
 * @param table its oid or its quoted name, as SQL
 */
export const mayReadRows = (table: string): string =>
  `(pg_catalog.has_table_privilege(${table}, 'SELECT') AND NOT pg_catalog.row_security_active(${table}))`;
