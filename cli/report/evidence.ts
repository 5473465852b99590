/** The three things that Article 5.3 asks to be confirmed, and what this machine's tests say of them. */
export type Subject = "scripts" | "workflow" | "tests" | "readiness";

/** One thing that was looked at when the report was made, and what was found. */
export interface Evidence {
  readonly subject: Subject;
  /** What is claimed, as a sentence without its full stop; true only where `isSo` is. */
  readonly claim: string;
  /** `unknown` where nobody can tell on this machine; `found` then says how to know. */
  readonly isSo: boolean | "unknown";
  /** What was found: digests, counts, messages. Text; whoever renders it escapes it. */
  readonly found: readonly string[];
}

/** What was found where nothing is in the way; else what is. */
export function evidenceOf(
  subject: Subject,
  claim: string,
  problems: readonly string[],
  found: readonly string[],
): Evidence {
  const isSo = problems.length === 0;
  return { subject, claim, isSo, found: isSo ? found : problems };
}

/** Everything that was gathered for one report. */
export interface Report {
  readonly gatheredAt: Date;
  readonly stack: string;
  readonly evidence: readonly Evidence[];
  /** What somebody else must do before the scripts can run. Not a failing. */
  readonly awaited: readonly string[];
}

/** What is not as the report would have to say; empty where the report holds. */
export function failings({ evidence }: Report): readonly string[] {
  return evidence
    .filter(({ isSo }) => isSo === false)
    .map(
      ({ claim, found }) => `not so: ${claim}${found.length === 0 ? "" : `: ${found.join("; ")}`}`,
    );
}
