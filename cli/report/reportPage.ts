import { when } from "../../runner/base/when";
import {
  code,
  count,
  facts,
  fromBackticks,
  list,
  strong,
  text,
  type Block,
  type Inline,
  type Page,
  type Section,
} from "../../runner/pages/blocks";
import { failings, type Evidence, type Report, type Subject } from "./evidence";

/** Article 5.2's title, without its date. */
export const TITLE = "COMPLETION OF AD_005: V7 DATABASE INFRASTRUCTURE - ";

/** By subject, what Article 5.3 asks to confirm. */
const HEADINGS: Readonly<Record<Subject, string>> = {
  scripts: "The SQL scripts are created and documented",
  workflow: "DATABASE_WORKFLOW.md is created",
  readiness: "Ready to execute the SQL scripts upon approval from The Architect",
  tests: "The tests",
};

/** Article 5.2's title, with the day (UTC) on which the evidence was gathered. */
export function reportTitle({ gatheredAt }: Pick<Report, "gatheredAt">): string {
  return `${TITLE}${gatheredAt.toISOString().slice(0, 10)}`;
}

/** The report's page. A claim that was refuted is marked NOT SO. */
export function reportPage(report: Report): Page {
  const { gatheredAt, stack, evidence } = report;
  const wrong = failings(report);
  const unknown = evidence.filter(({ isSo }) => isSo === "unknown").length;
  return {
    overline: "Article 5",
    title: reportTitle(report),
    summary: [
      wrong.length === 0 ? "The report holds." : `${count(wrong.length, "claim")} NOT SO.`,
      ...(unknown === 0 ? [] : [`${count(unknown, "claim")} not known here.`]),
    ].join(" "),
    head: [
      facts(
        ["TO", "The Architect"],
        ["FROM", "the Designated AI Agent for Database Operations"],
        ["SUBJECT", "ARCHITECTURAL DIRECTIVE 005, Article 5"],
      ),
      ...when(
        wrong.length > 0,
        text(strong("This report does not hold: what is marked NOT SO must be put right first.")),
      ),
    ],
    sections: [
      ...(Object.keys(HEADINGS) as Subject[]).map((subject) =>
        subjectSection(
          subject,
          evidence.filter((one) => one.subject === subject),
        ),
      ),
      { id: "awaited", title: "What is awaited", blocks: [awaitedBlock(report)] },
    ],
    foot: `Gathered at ${gatheredAt.toISOString()} by npx v7 report on the stack ${stack}. It states what was checked then, and nothing else.`,
  };
}

function awaitedBlock({ evidence, awaited }: Report): Block {
  if (awaited.length > 0) {
    return list(awaited.map(fromFound));
  }
  return text(
    evidence.every(({ subject, isSo }) => subject !== "readiness" || isSo === true)
      ? "Nothing."
      : "Not known: see what is NOT SO of the readiness.",
  );
}

function subjectSection(subject: Subject, evidence: readonly Evidence[]): Section {
  const isWrong = evidence.length === 0 || evidence.some(({ isSo }) => isSo === false);
  const isKnown = evidence.every(({ isSo }) => isSo !== "unknown");
  const verdict = isWrong ? "NOT SO" : isKnown ? "confirmed" : "not known here";
  return {
    id: subject,
    title: `${HEADINGS[subject]}: ${verdict}`,
    blocks: evidence.length === 0 ? [text("Nothing was looked at.")] : evidence.map(step),
  };
}

function step({ claim, isSo, found }: Evidence): Block {
  return {
    kind: "step",
    tone: isSo === true ? "quiet" : isSo === "unknown" ? "caution" : "bad",
    label: isSo === true ? "so" : isSo === "unknown" ? "not known here" : "NOT SO",
    title: fromBackticks(claim),
    blocks: when(found.length > 0, list(found.map(fromFound))),
  };
}

/** The text, with digests as code. */
function fromFound(found: string): Inline {
  return found
    .split(/\b([0-9a-f]{64})\b/)
    .map((part, index) => (index % 2 === 1 ? code(part) : part));
}
