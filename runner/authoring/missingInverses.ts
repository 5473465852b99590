import { fault } from "../base/fault";
import type { Step } from "../model";
import { baselineName } from "./baseline";
import { needsInverse } from "./lockInverse";
import { observedOn } from "./lockSteps";
import { Made } from "./made";
import type { Found } from "./observe";

/** A step that needs an inverse, and has neither one nor the reason for having none. */
export interface MissingInverse {
  readonly step: Step;
  /** The object of others that the step touches: `table public.jobs`. */
  readonly touches: string;
  /** SQL that takes the step back, proved on every server; absent where `hinders` has lines. */
  readonly proposal?: string;
  /** Why no inverse can be proposed, a line each. */
  readonly hinders: readonly string[];
}

/** The steps whose inverse is missing, in their order, with proposals. */
export function missingInverses(found: readonly Found[]): readonly MissingInverse[] {
  const made = new Made();
  return (found[0]?.steps ?? []).flatMap(({ step }) => {
    const observed = observedOn(found, step);
    const touches = needsInverse(observed, made);
    observed.forEach(({ statements }) => {
      made.add(step.id, statements);
    });
    const proposals = observed.flatMap(({ baseline, proposal }) =>
      proposal === undefined ? [] : [{ where: baselineName(baseline), ...proposal }],
    );
    return touches === undefined || proposals.length === 0
      ? []
      : [{ step, touches, ...proposed(proposals) }];
  });
}

function proposed(
  proposals: readonly {
    readonly where: string;
    readonly sql: string;
    readonly hinders: readonly string[];
  }[],
): Pick<MissingInverse, "proposal" | "hinders"> {
  const [first = { where: "", sql: "" }] = proposals;
  const other = proposals.find(({ sql }) => sql !== first.sql);
  const hinders = [...new Set(proposals.flatMap((one) => one.hinders))];
  if (hinders.length > 0) {
    return { hinders };
  }
  if (other !== undefined) {
    return {
      hinders: [`it does another thing on PostgreSQL ${other.where} than on ${first.where}`],
    };
  }
  return first.sql === ""
    ? { hinders: ["it changes rows, and no catalog tells which"] }
    : { proposal: first.sql, hinders };
}

/** The file of a proposed inverse. Its author renames it to `rollback/section_1.sql` to use it. */
export function proposalFile({ id }: Pick<Step, "id">): string {
  return `rollback/${id}.proposed.sql`;
}

/**
 * Refuses steps whose inverse is missing, and says what to do about each.
 *
 * @throws DIRECTIVE_REFUSED where there are any
 */
export function refuseMissing(directive: string, missing: readonly MissingInverse[]): void {
  if (missing.length > 0) {
    throw fault("DIRECTIVE_REFUSED", {
      what: `looking for what takes the steps of ${directive} back`,
      found: `no inverse of ${missing.map(({ step, touches }) => `${step.id}, which touches ${touches}`).join("; of ")}`,
      expected: "an inverse, or in manifest.yaml `irreversible` with the reason",
      remedy: "Do for each step what is said below, then lock again",
      detail: missing.flatMap((one) => whatToDo(directive, one)),
    });
  }
}

function whatToDo(
  directive: string,
  { step, proposal, hinders }: MissingInverse,
): readonly string[] {
  const file = `rollback/${step.id}.sql`;
  const key = `inverse: { file: ${file} }`;
  return proposal === undefined
    ? [
        `  ${step.id}: no inverse can be proposed`,
        ...hinders.map((line) => `    ${line}`),
        `    Write ${file}, and in manifest.yaml under ${step.id}: ${key}`,
        `    or, where nothing brings it back: irreversible: the reason`,
      ]
    : [
        `  ${step.id}: sql/${directive}/${proposalFile(step)} takes it back, tried on every server. Read it, then take it:`,
        `    mv sql/${directive}/${proposalFile(step)} sql/${directive}/${file}`,
        `    and in manifest.yaml under ${step.id}: ${key}`,
      ];
}
