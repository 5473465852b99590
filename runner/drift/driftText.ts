import { describeNotCompared } from "../catalog/notCompared";
import { countBySeverity, type DriftReport, type ReportedFinding } from "./report";

const HOW: Readonly<Record<ReportedFinding["repair"]["how"], string>> = {
  additive: "repair (adds what is missing)",
  plan: "repair (npx v7 plan --action repair)",
  manual: "by hand",
};

/** A report for a person's eyes. */
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

/** One finding: what, what differs, who can have done it, what repairs it. */
export function describeFinding(finding: ReportedFinding): string[] {
  const { object, kind, severity, details, causes, repair } = finding;
  return [
    `${severity.toUpperCase()}  ${kind}: ${object}`,
    ...details.map((detail) => `    ${detail}`),
    `    who can have: ${causes.join("; ")}`,
    ...(repair.note === null ? [] : [`    note: ${repair.note}`]),
    ...(repair.sql.length === 0
      ? []
      : [`    ${HOW[repair.how]}:`, ...indent(`${repair.sql.join(";\n")};`)]),
  ];
}

function indent(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => `      ${line}`);
}
