import type { ClientBase } from "pg";

/** One way to copy a template. https://www.postgresql.org/docs/18/sql-createdatabase.html */
export interface CloneStrategy {
  readonly strategy: "WAL_LOG" | "FILE_COPY";
  /** `file_copy_method`, from PostgreSQL 18 on; absent: the server's own. */
  readonly method?: "clone";
}

/**
 * From this size on the files are copied instead of logged block by block.
 *
 * Measured with `npx tsx tests/bench/cloneStrategy.ts` on two busy cores, ext4, PostgreSQL 15 to 18: up to 64 MB now the one,
 * now the other was faster, FILE_COPY up to four times slower while others wrote to the disk, since it waits for two
 * checkpoints; at 128 MB it took half of WAL_LOG's time (123 against 245 ms on 15), at 512 MB between a third and four
 * fifths. What a server clones without copying (`clone` on XFS, Btrfs, ZFS)was not available: on ext4 it took as long as a copy.
 */
export const FILE_COPY_FROM_BYTES = 128 * 1024 * 1024;

/** The first version with `file_copy_method`. */
const FIRST_WITH_METHOD = 180_000;

/**
 * The ways to clone a template of that size, the best first: each of the others is for where the one before it cannot be had.
 *
 * @param serverVersion as server_version_num says it
 * @param size in bytes; undefined where the server does not tell it to this login
 */
export function cloneStrategies(
  serverVersion: number,
  size: number | undefined,
): readonly CloneStrategy[] {
  if (size === undefined || size < FILE_COPY_FROM_BYTES) {
    return [{ strategy: "WAL_LOG" }];
  }
  const copy: CloneStrategy = { strategy: "FILE_COPY" };
  return serverVersion < FIRST_WITH_METHOD ? [copy] : [{ ...copy, method: "clone" }, copy];
}

/** How large a database is; undefined where this login may not connect to it, nor read statistics. */
export async function databaseSize(
  client: ClientBase,
  database: string,
): Promise<number | undefined> {
  const { rows } = await client.query<{ size: string | null }>(
    `SELECT CASE WHEN has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')
                 THEN pg_database_size(oid) END AS size
       FROM pg_catalog.pg_database WHERE datname = $1`,
    [database],
  );
  const size = rows[0]?.size ?? undefined;
  return size === undefined ? undefined : Number(size);
}
