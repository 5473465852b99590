/** What the report confirms: the three subjects of Article 5.3, and the tests. */
export type Subject = "scripts" | "workflow" | "tests" | "readiness";

/** One claim of the report, with what was found when it was checked. */
export interface Evidence {
  readonly subject: Subject;
  /** The claim as a sentence without its full stop. */
  readonly claim: string;
  /** `unknown` where this machine cannot check it; `found` then says how to check. */
  readonly isSo: boolean | "unknown";
  /** Digests, counts, messages: plain text, not yet escaped. */
  readonly found: readonly string[];
}

/** Evidence that the claim is so where there are no problems; else of the problems. */
export function evidenceOf(
  subject: Subject,
  claim: string,
  problems: readonly string[],
  found: readonly string[],
): Evidence {
  const isSo = problems.length === 0;
  return { subject, claim, isSo, found: isSo ? found : problems };
}

/** The evidence about one stack's database, and what others must do before the scripts can run there; no failure. */
export interface Readiness {
  readonly evidence: readonly Evidence[];
  readonly awaited: readonly string[];
}

/** The content of one report. */
export interface Report extends Readiness {
  readonly gatheredAt: Date;
  readonly stack: string;
}

/** The claims that are not so; empty where none is refuted. */
export function failings({ evidence }: Report): readonly string[] {
  return evidence
    .filter(({ isSo }) => isSo === false)
    .map(
      ({ claim, found }) => `not so: ${claim}${found.length === 0 ? "" : `: ${found.join("; ")}`}`,
    );
}
