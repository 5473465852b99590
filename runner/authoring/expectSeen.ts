import type { ClientBase } from "pg";
import { fault } from "../base/fault";
import { type RawCatalog, takeRawCatalog } from "../catalog/rawCatalog";
import { countedBetween } from "../catalog/tableStatistics";
import { unattributed, type Witnessed } from "../catalog/witnesses";
import { isConcurrent } from "../execute/units";
import type { CatalogChange, Statement, Step } from "../model";

/** A statement that ran, and what was seen of it. */
interface Seen {
  readonly step: Step;
  readonly statement: Statement;
  readonly before: Witnessed;
  readonly after: Omit<Witnessed, "raw">;
  readonly change: CatalogChange;
}

/**
 * Compares what a statement did to the catalog's rows with what is described of it: nothing passes unseen.
 *
 * @returns the rows as they are now
 * @throws DIRECTIVE_REFUSED where a row changed that is of nothing described
 */
export async function expectSeen(
  client: ClientBase,
  { step, statement, before, after, change }: Seen,
): Promise<RawCatalog> {
  const written = countedBetween(before.statistics, after.statistics).catalogsWritten;
  // Outside of a transaction nothing is counted: everything is read again.
  const raw = await takeRawCatalog(
    client,
    isConcurrent(step) ? undefined : { raw: before.raw, written },
  );
  const unseen = unattributed(before, { ...after, raw }, change);
  if (unseen.length > 0) {
    throw fault("DIRECTIVE_REFUSED", {
      what: `running ${placeOf(step, statement)}`,
      found: "a change of the catalog that no object kind describes",
      remedy: "Leave the statement out, or describe its kind in runner/catalog/kinds first",
      detail: unseen.map((line) => `  ${line}`),
    });
  }
  return raw;
}

/** `statement 3 of sql/ad_005/directive.sql` */
export function placeOf({ directive, file }: Step, { number }: Statement): string {
  return `statement ${String(number)} of sql/${directive}/${file}`;
}
