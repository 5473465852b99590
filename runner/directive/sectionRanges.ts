import { fault } from "../base/fault";
import type { ManifestStep } from "./manifestFile";

/**
 * By step, the statements of directive.sql that a section has: the first, from 0, and the one after the last; undefined for
 * a step with a file of its own. A section without `statements` reaches as far as the next one with them.
 *
 * @throws MANIFEST_INVALID where some statement is in no section, or in two
 */
export function sectionRanges(
  directive: string,
  steps: readonly ManifestStep[],
  count: number,
): readonly (readonly [number, number] | undefined)[] {
  let next = 1;
  const ranges = steps.map((step, index) => {
    if (step.kind !== "section") {
      return undefined;
    }
    const [first, last] = step.statements ?? [next, lastBefore(steps.slice(index + 1)) ?? count];
    expectOrder(directive, step.id, first, next);
    next = last + 1;
    return [first - 1, last] as const;
  });
  expectOrder(directive, "the last section", next, count + 1);
  return ranges;
}

/** The number of the last statement before the next section that names its `statements`. */
function lastBefore(steps: readonly ManifestStep[]): number | undefined {
  const next = steps.find((step) => step.kind === "section");
  return next?.kind === "section" && next.statements !== undefined
    ? next.statements[0] - 1
    : undefined;
}

function expectOrder(directive: string, id: string, found: number, expected: number): void {
  if (found !== expected) {
    throw fault("MANIFEST_INVALID", {
      what: `ordering the sections of "sql/${directive}/directive.sql" at ${id}`,
      found: `statement ${String(found)}`,
      expected: `statement ${String(expected)}: every statement once, in the file's order`,
      remedy: "Correct `statements` in manifest.yaml",
    });
  }
}
