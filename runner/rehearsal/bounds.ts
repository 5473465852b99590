/** What a rehearsal may take, whatever the target looks like. */
export interface Bounds {
  /** From the throwaway server's first connection to the end. */
  readonly wholeSeconds: number;
  /** Of each statement, the plan's and those that rebuild and fill. */
  readonly statementSeconds: number;
  /** Of the server's whole folder. It is looked at once a second: a fast disk can pass it by a second's writing. */
  readonly diskBytes: number;
}

const GIGABYTE = 1024 ** 3;

export const BOUNDS: Bounds = {
  wholeSeconds: 15 * 60,
  statementSeconds: 5 * 60,
  diskBytes: 16 * GIGABYTE,
};

/** Of the rows that are made up for one table. */
export const MAX_FILL_BYTES = 2 * GIGABYTE;

/** Of one made-up value, and of a type that pads its values: `character(n)`. */
export const MAX_VALUE_BYTES = 8000;

/** Of an expression's text. What is longer is left out, and no more than that is read of the target. */
export const MAX_EXPRESSION_CHARACTERS = 10_000;

/** The throwaway server's settings. Nothing runs there by itself, and no process takes more than this. */
export const SERVER_SETTINGS: Readonly<Record<string, string>> = {
  autovacuum: "off",
  work_mem: "16MB",
  maintenance_work_mem: "64MB",
  temp_file_limit: "4GB",
  max_wal_size: "1GB",
};
