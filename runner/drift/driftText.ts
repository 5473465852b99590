import { describeNotCompared } from "../catalog/notCompared";
import { comparisonOf } from "./comparison";
import { countBySeverity, HOW, type DriftReport, type ReportedFinding } from "./report";

/** The report as text for a terminal. */
export function describeDrift(report: DriftReport): string {
  const { host, port, database } = report.target;
  const pending =
    report.pending.length === 0 ? [] : [`pending, not drift: ${report.pending.join(", ")}`];
  const head = report.drift
    ? `drift: ${String(report.findings.length)} difference${report.findings.length === 1 ? "" : "s"} (${countBySeverity(report.findings)})`
    : "no drift";
  return [
    `${host}:${String(port)}/${database}, PostgreSQL ${report.serverVersion}: ${head}`,
    ...pending,
    ...describeNotCompared(report.notCompared),
    ...report.findings.flatMap((finding) => ["", ...describeFinding(finding)]),
    ...(report.drift ? ["", NEXT] : []),
  ].join("\n");
}

const NEXT =
  "What a plan can repair: npx v7 plan --action repair, then npx v7 approve and npx v7 repair. docs/drift.md says more.";

function describeFinding(finding: ReportedFinding): string[] {
  const { object, kind, severity } = finding;
  return [
    `${severity.toUpperCase()}  ${kind}: ${object}`,
    ...differences(finding).map((one) => `    ${one}`),
    ...describeRemedy(finding),
  ];
}

function differences(finding: ReportedFinding): readonly string[] {
  const compared = finding.kind === "changed" ? comparisonOf(finding) : [];
  return compared.length === 0
    ? finding.details
    : compared.map(
        ({ name, expected, found }) =>
          `${name}: expected ${oneLine(expected)}, found ${oneLine(found)}`,
      );
}

/** The lines on possible authors and the repair. */
export function describeRemedy({ causes, repair }: ReportedFinding): string[] {
  return [
    `    possible authors: ${causes.join("; ")}`,
    ...(repair.note === null ? [] : [`    note: ${repair.note}`]),
    ...(repair.sql.length === 0
      ? []
      : [`    ${HOW[repair.how]}:`, ...indent(`${repair.sql.join(";\n")};`)]),
  ];
}

function oneLine(words: string): string {
  const shown = words.replace(/\s+/g, " ").trim();
  return shown.length > 120 ? `${shown.slice(0, 117)}…` : shown;
}

function indent(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => `      ${line}`);
}
