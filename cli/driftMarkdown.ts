import { sha256 } from "../runner/base/sha256";
import { countBySeverity, type DriftReport, type ReportedFinding } from "../runner/drift/report";
import { cellMarkdown, fenced, inlineMarkdown } from "../runner/packet/markdown/text";

/** GitHub refuses an issue of more than 65536 characters. */
const MOST_CHARACTERS = 60_000;

/**
 * The report as Markdown, for an issue or a job's summary: a table first, then each finding with its repair. Its last line
 * names the findings by a digest, so that two reports can be told apart without being read.
 */
export function driftMarkdown(report: DriftReport): string {
  const { host, port, database } = report.target;
  const verdict = report.drift
    ? `**${String(report.findings.length)} difference${report.findings.length === 1 ? "" : "s"}** (${countBySeverity(report.findings)})`
    : "**No drift**";
  const head = [
    `${verdict} of stack ${code(report.stack)}, ${code(`${host}:${String(port)}/${database}`)}, PostgreSQL ${report.serverVersion}, ${report.checkedAt}.`,
    ...(report.pending.length === 0
      ? []
      : ["", `Pending, not drift: ${report.pending.map(code).join(", ")}.`]),
    ...(report.notCompared.length === 0
      ? []
      : [
          "",
          `Not compared, as this version does not know it: ${report.notCompared.map(code).join(", ")}.`,
        ]),
    ...(report.drift ? ["", ...table(report.findings)] : []),
  ].join("\n");
  const tail = `\n\nFindings: ${findingsDigest(report)}\n`;
  const details = report.findings.map(detail).join("");
  const room = MOST_CHARACTERS - head.length - tail.length;
  return details.length <= room
    ? head + details + tail
    : `${head.slice(0, MOST_CHARACTERS - 200)}\n\nToo long for here; \`npx v7 drift\` shows all.${tail}`;
}

function table(findings: readonly ReportedFinding[]): string[] {
  return [
    "| severity | object | differs | repair |",
    "| --- | --- | --- | --- |",
    ...findings.map(({ severity, object, kind, details, repair }) => {
      const differs = details.length === 0 ? kind : `${kind}: ${details.join("; ")}`;
      return `| ${severity} | ${cell(object)} | ${cell(differs)} | ${repair.how} |`;
    }),
  ];
}

function detail({ object, kind, causes, repair }: ReportedFinding): string {
  const sql = `${repair.sql.join(";\n")};`;
  return [
    "\n",
    `### ${kind}: ${code(object)}`,
    "",
    `Who can have caused it: ${code(causes.join("; "))}`,
    ...(repair.note === null ? [] : ["", `Note: ${code(repair.note)}`]),
    ...(repair.sql.length === 0 ? [] : ["", fenced("sql", sql)]),
  ].join("\n");
}

/** Somebody else chose the object's name: it must not be markup, mention a person or be a link. */
function code(text: string): string {
  return inlineMarkdown([{ code: text }]);
}

/** The same for the table: a bar must not end its cell. */
function cell(text: string): string {
  return cellMarkdown([{ code: text }]);
}

function findingsDigest({ findings }: DriftReport): string {
  const lines = findings.map(({ object, kind, details }) => [object, kind, ...details].join("\n"));
  return sha256(Buffer.from(lines.sort().join("\n\n"))).slice(0, 16);
}
