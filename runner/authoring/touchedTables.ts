import type { ClientBase } from "pg";
import type { DescribedCatalog } from "../catalog/describe";
import {
  takeTableStatistics,
  countedBetween,
  type TableStatistics,
} from "../catalog/tableStatistics";
import { touchedNames } from "../execute/heldLocks";
import type { ObjectId, TouchedTables } from "../model";
import { formatName } from "../postgres/names";
import { together } from "../postgres/together";
import { heldLocks, type RelationLock } from "../postgres/waitForLock";

export const UNTOUCHED: TouchedTables = { reads: [], writes: [], rewrites: [], locks: [] };

/** What a transaction has done to tables so far; outside of a transaction nothing is counted. */
export interface TablesState {
  readonly statistics: TableStatistics;
  /** By table, the name of its file: it changes when the table is rewritten. */
  readonly files: ReadonlyMap<string, string>;
  readonly locks: readonly RelationLock[];
}

export async function readTables(client: ClientBase): Promise<TablesState> {
  const [statistics, files, locks] = await together([
    takeTableStatistics(client),
    client.query<{ name: string; file: string }>({
      name: "v7_table_files",
      text: `SELECT n.nspname || '.' || c.relname AS name, c.relfilenode::text AS file
               FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`,
    }),
    heldLocks(client),
  ]);
  return { statistics, files: new Map(files.rows.map(({ name, file }) => [name, file])), locks };
}

/** What happened to tables between two readings in one transaction. */
export function touchedBetween(before: TablesState, after: TablesState): TouchedTables {
  const { read, written } = countedBetween(before.statistics, after.statistics);
  const wasThere = (name: string): boolean => before.files.has(name);
  return {
    reads: read.filter(wasThere),
    writes: written.filter(wasThere),
    rewrites: [...before.files]
      .filter(([name, file]) => (after.files.get(name) ?? file) !== file)
      .map(([name]) => name)
      .sort(),
    locks: after.locks
      .filter(
        ({ relation, mode }) =>
          wasThere(relation) &&
          mode !== "ACCESS SHARE" &&
          !before.locks.some((one) => one.relation === relation && one.mode === mode),
      )
      .map(({ relation, mode }) => `${relation} ${mode}`),
  };
}

/** The ids of those tables in the catalog before the statement: what a DO block uses is known only by the tables that it touched. */
export function touchedObjects(
  before: DescribedCatalog,
  tables: TouchedTables,
): readonly ObjectId[] {
  const names = new Set(touchedNames(tables));
  return [...before.values()]
    .map(({ id }) => id)
    .filter(
      ({ kind, schema, name }) =>
        STORED.has(kind) && names.has(formatName({ schema: schema ?? "", name })),
    );
}

const STORED: ReadonlySet<string> = new Set(["table", "materialized view"]);
