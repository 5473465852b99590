import { describeChange } from "./describeChange";
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
    ...describeChange(change),
    ...tables.writes.map((table) => `wrote rows of ${table}`),
    ...tables.rewrites.map((table) => `wrote table ${table} anew, as a whole`),
    ...tables.locks.map((lock) => `locked ${lock}`),
  ];
  return lines.length === 0 ? ["changed nothing here"] : lines;
}
