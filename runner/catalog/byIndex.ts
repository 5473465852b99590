/**
 * Rows of a catalog that belong to the row before them, found by index whatever the planner believes: on a hosted server
 * the catalog's own statistics may be old, and one hash join reads the rows of every table there is.
 */
export const BY_INDEX = (catalog: string, alias: string, condition: string): string =>
  `CROSS JOIN LATERAL (SELECT * FROM ${catalog} ${alias} WHERE ${condition} OFFSET 0) ${alias}`;
