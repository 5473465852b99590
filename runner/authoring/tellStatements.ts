import { isOn, titleOf } from "../catalog/kinds/objectId";
import type { CatalogChange } from "../model";
import { describeProperty } from "./describeChange";
import type { Found } from "./observe";
import { placeOf, type ObservedStatement } from "./watch";

/** What each statement of a directive did on one server: short lines for a person, in order. */
export function tellStatements({ steps }: Pick<Found, "steps">): readonly string[] {
  return steps.flatMap(({ step, statements }) => [
    `${step.id}: ${step.title}`,
    ...statements.flatMap((one) => [
      `  ${placeOf(step, one.statement)}, ${one.tag}`,
      ...tellStatement(one).map((line) => `    ${line}`),
    ]),
  ]);
}

function tellStatement({ change, tables }: ObservedStatement): readonly string[] {
  const lines = [
    ...tellAdded(change),
    ...change.changed.flatMap(({ id, properties }) =>
      Object.entries(properties).map(
        ([name, { from, to }]) => `changed ${titleOf(id)}: ${describeProperty(name, from, to)}`,
      ),
    ),
    ...change.renamed.map(({ from, to }) => `renamed ${titleOf(from)} to ${titleOf(to)}`),
    ...change.removed
      .filter(({ id }) => !change.removed.some((one) => isOn(id, one.id)))
      .map(({ id }) => `took away ${titleOf(id)}`),
    ...tables.writes.map((table) => `wrote rows of ${table}`),
    ...tables.rewrites.map((table) => `wrote table ${table} anew, as a whole`),
    ...tables.locks.map((lock) => `locked ${lock}`),
  ];
  return lines.length === 0 ? ["changed nothing here"] : lines;
}

/** A line for each added object; its parts are counted by their kinds: `with 3 columns`. */
function tellAdded({ added }: CatalogChange): readonly string[] {
  return added
    .filter(({ id }) => !added.some((one) => isOn(id, one.id)))
    .map(({ id }) => {
      const parts = added.filter((one) => isOn(one.id, id)).map((one) => one.id.kind);
      const counts = [...new Set(parts)].map((kind) =>
        count(parts.filter((one) => one === kind).length, kind),
      );
      return `added ${titleOf(id)}${counts.length === 0 ? "" : `, with ${counts.join(", ")}`}`;
    });
}

function count(number: number, kind: string): string {
  const plural = kind.endsWith("x") ? `${kind}es` : `${kind.replace(/y$/, "ie")}s`;
  return `${String(number)} ${number === 1 ? kind : plural}`;
}
