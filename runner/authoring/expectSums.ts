import { Fault, fault } from "../base/fault";
import { changeBetween } from "../catalog/change";
import type { DescribedCatalog } from "../catalog/describe";
import { rootOf, titleOf } from "../catalog/kinds/objectId";
import { applyChange, sumChanges } from "../catalog/sum";
import type { Step } from "../model";
import { describeBaseline } from "./baseline";
import { describeChange } from "./describeChange";
import type { Found } from "./observe";

/**
 * Refuses a directive where the catalog after all steps, or after a choice of them, differs from the sum of the statements'
 * changes: every comparison of a database with what was approved relies on that sum. Temporary objects are in no sum.
 *
 * @throws DIRECTIVE_REFUSED
 */
export function expectSums(directive: string, found: readonly Found[]): void {
  for (const { baseline, before, steps, after, choices } of found) {
    refuseTemporary(directive, steps);
    const sumOf = (chosen: readonly Step[]): DescribedCatalog =>
      steps
        .filter(({ step }) => chosen.includes(step))
        .flatMap(({ statements }) => statements)
        .reduce((catalog, { change }) => applyChange(catalog, change), before);
    const all = {
      choice: { name: "all steps together", steps: steps.map(({ step }) => step) },
      after,
    };
    for (const { choice, after: left } of [all, ...choices]) {
      const differences = differencesOf(() => sumOf(choice.steps), left);
      if (differences.length > 0) {
        throw fault("DIRECTIVE_REFUSED", {
          what: `summing what ${directive} did on ${describeBaseline(baseline)}, ${choice.name}`,
          found: "another catalog than the sum of its statements' changes",
          remedy: "Write the steps so that none depends on whether another, optional one ran",
          detail: differences.map((line) => `  ${line}`),
        });
      }
    }
  }
}

/** Refuses a directive that leaves a temporary object: other sessions do not have it. */
function refuseTemporary(directive: string, steps: Found["steps"]): void {
  const changes = steps.flatMap(({ statements }) => statements.map(({ change }) => change));
  const left = sumChanges(changes).added.find(({ id }) => rootOf(id).schema === "pg_temp");
  if (left !== undefined) {
    throw fault("DIRECTIVE_REFUSED", {
      what: `looking at what ${directive} leaves`,
      found: `${titleOf(left.id)}, which ends with the transaction or the session`,
      expected: "nothing temporary",
      remedy: "DROP it in the step that makes it",
    });
  }
}

function differencesOf(sum: () => DescribedCatalog, left: DescribedCatalog): readonly string[] {
  try {
    return describeChange(changeBetween(sum(), left));
  } catch (error) {
    if (error instanceof Fault) {
      return [error.message];
    }
    throw error;
  }
}
