import { fault } from "../base/fault";
import { sha256 } from "../base/sha256";
import { renamedBefore, titleOf } from "../catalog/kinds/objectId";
import type { Baseline, LockedStep } from "../directive/lock";
import { NOTHING_DONE } from "../directive/readLock";
import type { ObjectId, Step, LockedStatement, Statement } from "../model";
import { describeBaseline } from "./baseline";
import type { Made } from "./made";
import type { Names } from "./namesIn";
import type { ObservedStep } from "./observe";
import { describeLeft, isProved } from "./tryInverse";
import type { ObservedStatement } from "./watch";

/**
 * How a step is taken back, for its lock. `missingInverses` has checked that no inverse is missing.
 *
 * @param made the objects that the earlier steps made
 * @throws DIRECTIVE_REFUSED where its inverse leaves something
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
          what: `running sql/${directive}/${inverse.file} after ${id} on ${describeBaseline(baseline)}`,
          found: "another database than before the step",
          expected: "the same catalog, and the same rows",
          remedy:
            "Correct the inverse; or leave it out, and say in manifest.yaml why nothing takes the step back",
          detail: describeLeft(left).map((line) => `  ${line}`),
        });
      }
    }
    const statements = found[0]?.left?.statements ?? [];
    return {
      file: inverse.file,
      proof: "proved",
      statements: statements.map((one) => ({ ...NOTHING_DONE, ...lockSlice(one) })),
    };
  }
  if (irreversible !== undefined) {
    return { proof: "never", reason: irreversible };
  }
  const statements = found.flatMap((one) => one.statements);
  const makers = [
    ...statements.flatMap((one) => touchedObjects(one).map((id) => made.madeBy(id))),
    ...statements.flatMap(({ tables }) => tables.writes.map((name) => made.tableMadeBy(name))),
  ];
  return { proof: "with", steps: [...new Set(makers.flatMap((one) => one ?? []))].sort() };
}

/**
 * The object of others that a step touches and for which it needs an inverse: `table public.jobs`. Undefined where
 * everything that it did is dropped with objects of this directive's steps.
 */
export function needsInverse(found: readonly ObservedStep[], made: Made): string | undefined {
  const statements = found.flatMap((one) => one.statements);
  const object = statements.flatMap((one) => touchedObjects(one)).find((one) => !made.has(one));
  const rows = statements
    .flatMap(({ tables }) => tables.writes)
    .find((table) => made.tableMadeBy(table) === undefined);
  return object === undefined ? rows && `rows of ${rows}` : titleOf(object);
}

function touchedObjects({ change }: ObservedStatement): readonly ObjectId[] {
  return [
    ...[...change.added, ...change.changed, ...change.removed].map(({ id }) => id),
    ...renamedBefore(change.renamed),
  ];
}

/** The part of a statement's lock that does not depend on its changes: place, digest, command tag and names. */
export function lockSlice({
  statement,
  tag,
  builtIns,
  roles,
}: Names & { readonly statement: Statement; readonly tag: string }): Pick<
  LockedStatement,
  "statement" | "offset" | "length" | "sha256" | "tag" | keyof Names
> {
  return {
    statement: statement.number,
    offset: statement.start,
    length: statement.bytes.length,
    sha256: sha256(statement.bytes),
    tag,
    builtIns,
    roles,
  };
}
