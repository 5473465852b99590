import type { CatalogChange } from "../model";
import type { DescribedCatalog } from "./describe";
import { kindOf } from "./kinds";
import { coveredCatalogs } from "./kinds/kind";
import { idsOf, keyOf } from "./kinds/objectId";
import type { RawCatalog, RawRow } from "./rawCatalog";
import { countedBetween, type TableStatistics } from "./tableStatistics";

/** The catalog before or after a statement, read in three ways: by kinds, row by row, and by the server's counts. */
export interface Witnessed {
  readonly described: DescribedCatalog;
  readonly raw: RawCatalog;
  readonly statistics: TableStatistics;
}

/**
 * A line for each change of a catalog row that the described change does not explain; sorted. A row belongs to the object at
 * its address; a row of an object that is not described belongs to the object that it depends on.
 */
export function unattributed(
  before: Witnessed,
  after: Witnessed,
  change: CatalogChange,
): readonly string[] {
  const isExplained = explainer(before, after, change);
  const lines = [
    ...differing(before.raw, after.raw).filter(({ address }) => !isExplained(address)),
    ...differing(after.raw, before.raw).filter(({ address }) => !isExplained(address)),
  ].map(({ catalog, name }) => `a row of ${catalog}${name === null ? "" : `, "${name}"`}`);
  return [...new Set([...lines, ...unreadable(before, after, change)])].sort();
}

/** Rows that the other catalog does not have. */
function differing(side: RawCatalog, other: RawCatalog): readonly RawRow[] {
  const old = [...side.old].filter(([catalog, rows]) => rows !== other.old.get(catalog));
  return [...old.flatMap(([, rows]) => [...rows]), ...side.recent]
    .filter(([key, { catalog }]) => !other.recent.has(key) && !other.old.get(catalog)?.has(key))
    .map(([, row]) => row);
}

function explainer(
  { described: old, raw: oldRaw }: Witnessed,
  { described: now, raw: nowRaw }: Witnessed,
  change: CatalogChange,
): (address: string) => boolean {
  const known = new Set([...old.values(), ...now.values()].map(({ address }) => address));
  const touched = touchedAddresses(old, now, change);
  const isExplained = (address: string, seen: readonly string[] = []): boolean => {
    if (known.has(address)) {
      return touched.has(address);
    }
    const [catalog = "", oid = "", sub = "0"] = address.split(" ");
    const owners = [
      ...(sub === "0" ? [] : [`${catalog} ${oid} 0`]),
      ...(oldRaw.owners.get(address) ?? []),
      ...(nowRaw.owners.get(address) ?? []),
    ];
    return owners.some((owner) => !seen.includes(owner) && isExplained(owner, [...seen, address]));
  };
  return isExplained;
}

function touchedAddresses(
  old: DescribedCatalog,
  now: DescribedCatalog,
  change: CatalogChange,
): ReadonlySet<string | undefined> {
  // Objects with the same name and another address were rebuilt: the index of a column whose type was changed.
  const rebuilt = [...now].filter(
    ([key, { address }]) => old.has(key) && old.get(key)?.address !== address,
  );
  return new Set(
    [...idsOf(change).map(keyOf), ...rebuilt.map(([key]) => key)].flatMap((key) => [
      old.get(key)?.address,
      now.get(key)?.address,
    ]),
  );
}

/** A line for each catalog that was written, that the login may not read, and whose objects the change does not name. */
function unreadable(before: Witnessed, after: Witnessed, change: CatalogChange): readonly string[] {
  const { catalogsWritten } = countedBetween(before.statistics, after.statistics);
  const covered = idsOf(change).flatMap(({ kind }) => coveredCatalogs(kindOf(kind)));
  return catalogsWritten
    .filter((catalog) => after.raw.unread.includes(catalog) && !covered.includes(catalog))
    .map((catalog) => `a row of ${catalog}, which this login may not read`);
}
