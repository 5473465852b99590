import type { LockedStatement } from "../model";
import { formatName } from "../postgres/names";
import { rootOf } from "./snapshotKey";

/** Whether a statement does anything with a table, by its lock: changes it, adds to it, refers to it, reads or writes it. */
export function touches(
  { added, changed, renamed, removed, needs, tables }: LockedStatement,
  table: string,
): boolean {
  const ids = [
    ...[...added, ...changed, ...removed].map(({ id }) => id),
    ...renamed.flatMap(({ from, to }) => [from, to]),
    ...needs,
  ].map(rootOf);
  return (
    ids.some(({ schema = "", name }) => formatName({ schema, name }) === table) ||
    tables.some(({ reads = [], writes = [], rewrites = [], locks = [] }) =>
      [...reads, ...writes, ...rewrites, ...locks.map(tableOfLock)].includes(table),
    )
  );
}

/** The table of `public.file_audit ACCESS EXCLUSIVE`; its name may hold spaces. */
export function tableOfLock(lock: string): string {
  return lock.replace(/(?: (?:ACCESS|ROW|SHARE|UPDATE|EXCLUSIVE))+$/, "");
}
