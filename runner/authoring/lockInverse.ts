import { fault } from "../base/fault";
import type { ObjectId, Step } from "../model";
import { type Baseline, baselineName } from "./baseline";
import { describeChange } from "./expectSums";
import type { LockedStep } from "./lock";
import type { Made } from "./made";
import { isProved, type ObservedStep } from "./observe";
import type { ObservedStatement } from "./watch";

/**
 * How a step is taken back.
 *
 * @param made what the steps before it made
 * @throws DIRECTIVE_REFUSED where its inverse leaves something, or where it has none, needs one, and nobody says why
 */
export function lockInverse(
  step: Step,
  found: readonly (ObservedStep & { readonly baseline: Baseline })[],
  made: Made,
): LockedStep["inverse"] {
  const { directive, id, inverse, irreversible } = step;
  if (inverse !== undefined) {
    for (const { baseline, left } of found) {
      if (left !== undefined && !isProved(left)) {
        throw fault("DIRECTIVE_REFUSED", {
          what: `running sql/${directive}/${inverse.file} after ${id} on PostgreSQL ${baselineName(baseline)}`,
          found: "another database than before the step",
          expected: "the same catalog, and the same rows",
          remedy:
            "Correct the inverse; or leave it out, and say in manifest.yaml why nothing takes the step back",
          detail: [
            ...describeChange(left.change),
            ...left.rows.map((table) => `  other rows: ${table}`),
          ],
        });
      }
    }
    return { file: inverse.file, proof: "proved" };
  }
  if (irreversible !== undefined) {
    return { proof: "never", reason: irreversible };
  }
  const statements = found.flatMap((one) => one.statements);
  const ofOthers = statements.flatMap((one) => touchedObjects(one)).find((one) => !made.has(one));
  const rowsOfOthers = statements
    .flatMap(({ tables }) => tables.writes)
    .find((table) => made.tableMadeBy(table) === undefined);
  if (ofOthers !== undefined || rowsOfOthers !== undefined) {
    throw fault("DIRECTIVE_REFUSED", {
      what: `looking for what takes ${id} of ${directive} back`,
      found: `no inverse, and a step that touches ${ofOthers === undefined ? `rows of ${String(rowsOfOthers)}` : describeObject(ofOthers)}`,
      expected: "an inverse, or in manifest.yaml `irreversible` with the reason",
      remedy: "Write the inverse into rollback/, or say why nothing takes the step back",
    });
  }
  const makers = [
    ...statements.flatMap((one) => touchedObjects(one).map((id) => made.madeBy(id))),
    ...statements.flatMap(({ tables }) => tables.writes.map((name) => made.tableMadeBy(name))),
  ];
  return { proof: "with", steps: [...new Set(makers.flatMap((one) => one ?? []))].sort() };
}

function touchedObjects({ change }: ObservedStatement): readonly ObjectId[] {
  return [
    ...[...change.added, ...change.changed, ...change.removed].map(({ id }) => id),
    ...change.renamed.map(({ from }) => from),
  ];
}

function describeObject({ kind, schema, name }: ObjectId): string {
  return `${kind} ${schema === undefined ? name : `${schema}.${name}`}`;
}
