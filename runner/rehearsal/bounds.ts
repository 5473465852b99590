/** The time and disk space that a rehearsal may use, whatever the target looks like. */
export interface Bounds {
  /** From the throwaway server's first connection to the end. */
  readonly wholeSeconds: number;
  /** For each statement, of the plan and of the rebuilding. */
  readonly statementSeconds: number;
  /** For the server's whole folder. It is measured once a second, so that a second's writing may exceed it. */
  readonly diskBytes: number;
}

const GIGABYTE = 1024 ** 3;

export const BOUNDS: Bounds = {
  wholeSeconds: 15 * 60,
  statementSeconds: 5 * 60,
  diskBytes: 16 * GIGABYTE,
};

/** For all generated rows of one table. */
export const MAX_FILL_BYTES = 2 * GIGABYTE;

/** For one generated value, and for a type that pads its values: `character(n)`. */
export const MAX_VALUE_BYTES = 8000;

/** For a text of the target that is parsed: longer expressions are left out. */
export const MAX_EXPRESSION_CHARACTERS = 10_000;

/** The throwaway server's settings: no background work, and limited memory and files for each process. */
export const SERVER_SETTINGS: Readonly<Record<string, string>> = {
  autovacuum: "off",
  work_mem: "16MB",
  maintenance_work_mem: "64MB",
  temp_file_limit: "4GB",
  max_wal_size: "1GB",
};
