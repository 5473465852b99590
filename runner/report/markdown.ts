import { fromBackticks, type Inline } from "../packet/blocks";
import { inlineMarkdown } from "../packet/markdown/text";
import { failings, type Evidence, type Report, type Subject } from "./evidence";

/** Article 5.2's title, but for its date. */
export const TITLE = "COMPLETION OF AD_005: V7 DATABASE INFRASTRUCTURE - ";

/** By subject, what Article 5.3 asks to be confirmed. */
const HEADINGS: Readonly<Record<Subject, string>> = {
  scripts: "The SQL scripts are created and documented",
  workflow: "DATABASE_WORKFLOW.md is created",
  readiness: "Ready to execute the SQL scripts upon approval from The Architect",
  tests: "The tests",
};

/** Article 5.2's title, with the day on which the evidence was gathered, in UTC. */
export function reportTitle({ gatheredAt }: Pick<Report, "gatheredAt">): string {
  return `${TITLE}${gatheredAt.toISOString().slice(0, 10)}`;
}

/** The report as Markdown: what was looked at, and what was found; a claim that does not hold says NOT SO. */
export function reportMarkdown(report: Report): string {
  const { gatheredAt, stack, evidence } = report;
  const wrong = failings(report);
  return `${[
    `# ${reportTitle(report)}`,
    "**TO:** The Architect\n**FROM:** the Designated AI Agent for Database Operations\n**SUBJECT:** ARCHITECTURAL DIRECTIVE 005, Article 5",
    `Gathered at ${gatheredAt.toISOString()} by npx v7 report on the stack ${inlineMarkdown([{ code: stack }])}. It states what was checked then, and nothing else.`,
    ...(wrong.length === 0
      ? []
      : ["**This report does not hold: what is marked NOT SO must be put right first.**"]),
    ...(Object.keys(HEADINGS) as Subject[]).flatMap((subject) =>
      sectionMarkdown(
        subject,
        evidence.filter((one) => one.subject === subject),
      ),
    ),
    "## What is awaited",
    awaitedMarkdown(report),
  ].join("\n\n")}\n`;
}

function awaitedMarkdown({ evidence, awaited }: Report): string {
  if (awaited.length > 0) {
    return listMarkdown(awaited.map(fromFound));
  }
  return evidence.every(({ subject, isSo }) => subject !== "readiness" || isSo)
    ? "Nothing."
    : "Not known: see what is NOT SO of the readiness.";
}

function sectionMarkdown(subject: Subject, evidence: readonly Evidence[]): string[] {
  const holds = evidence.length > 0 && evidence.every(({ isSo }) => isSo);
  return [
    `## ${HEADINGS[subject]}: ${holds ? "confirmed" : "NOT SO"}`,
    evidence.length === 0 ? "Nothing was looked at." : evidence.map(evidenceMarkdown).join("\n"),
  ];
}

function evidenceMarkdown({ claim, isSo, found }: Evidence): string {
  const items = listMarkdown(found.map(fromFound)).replace(/^/gm, "  ");
  const line = `- ${isSo ? "" : "**NOT SO:** "}${inlineMarkdown(fromBackticks(claim))}`;
  return found.length === 0 ? line : `${line}\n${items}`;
}

/** A digest is shown as code. */
function fromFound(found: string): Inline {
  return found
    .split(/\b([0-9a-f]{64})\b/)
    .map((part, index) => (index % 2 === 1 ? { code: part } : part))
    .filter((span) => span !== "");
}

function listMarkdown(items: readonly Inline[]): string {
  return items.map((item) => `- ${inlineMarkdown(item)}`).join("\n");
}
