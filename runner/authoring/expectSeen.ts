import { fault } from "../base/fault";
import { unattributed, type Witnessed } from "../catalog/witnesses";
import type { CatalogChange, Statement, Step } from "../model";

/** A statement that ran, and what was seen of it. */
interface Seen {
  readonly step: Step;
  readonly statement: Statement;
  readonly before: Witnessed;
  readonly after: Witnessed;
  readonly change: CatalogChange;
}

/**
 * Compares what a statement did to the catalog's rows with what is described of it: nothing passes unseen.
 *
 * @throws DIRECTIVE_REFUSED where a row changed that is of nothing described
 */
export function expectSeen({ step, statement, before, after, change }: Seen): void {
  const unseen = unattributed(before, after, change);
  if (unseen.length > 0) {
    throw fault("DIRECTIVE_REFUSED", {
      what: `running ${placeOf(step, statement)}`,
      found: "a change of the catalog that no object kind describes",
      remedy: "Leave the statement out, or describe its kind in runner/catalog/kinds first",
      detail: unseen.map((line) => `  ${line}`),
    });
  }
}

/** `statement 3 of sql/ad_005/directive.sql` */
export function placeOf({ directive, file }: Step, { number }: Statement): string {
  return `statement ${String(number)} of sql/${directive}/${file}`;
}
