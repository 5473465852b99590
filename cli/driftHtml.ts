import { countBySeverity, type DriftReport, type ReportedFinding } from "../runner/drift/report";
import { escapeHtml } from "../runner/packet/html/html";

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #ffffff; --line: #d5d9de; --soft: #f4f6f8; --bad: #b3261e; --good: #1a7f37; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --paper: #15181c; --line: #3a4048; --soft: #1f242a; --bad: #ff8a80; --good: #6fdd8b; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; overflow-wrap: anywhere; }
.none { color: var(--good); } .some { color: var(--bad); }
article { border: 1px solid var(--line); border-radius: 6px; padding: 0 1rem 0.5rem; margin: 1rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1rem; } dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
pre { background: var(--soft); padding: 0.6rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
`;

/** The report as one HTML page that needs nothing else: no script, no network; light or dark as the reader's system is. */
export function driftHtml(report: DriftReport): string {
  const { host, port, database } = report.target;
  const title = `Drift of stack ${report.stack}`;
  const verdict = report.drift
    ? `<p class="some"><strong>${String(report.findings.length)} difference${report.findings.length === 1 ? "" : "s"}</strong>: ${escapeHtml(countBySeverity(report.findings))}</p>`
    : `<p class="none"><strong>No drift</strong></p>`;
  const facts: readonly (readonly [string, string])[] = [
    ["Database", `${host}:${String(port)}/${database}`],
    ["PostgreSQL", report.serverVersion],
    ["Checked at", report.checkedAt],
    ["Fingerprint", report.schemaFingerprint],
    ["History", report.historyHead ?? "none"],
    ["Pending, not drift", report.pending.length === 0 ? "none" : report.pending.join(", ")],
    ["Not compared", report.notCompared.length === 0 ? "nothing" : report.notCompared.join(", ")],
  ];
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${verdict}
${definitions(facts)}
${report.findings.map(article).join("\n")}
</main>
</body>
</html>
`;
}

function article(finding: ReportedFinding): string {
  const { object, kind, severity, details, causes, repair } = finding;
  const facts: readonly (readonly [string, string])[] = [
    ["Severity", severity],
    ...details.map((detail) => ["Differs", detail] as const),
    ["Who can have caused it", causes.join("; ")],
    ...(repair.note === null ? [] : [["Note", repair.note] as const]),
    [
      "Repair",
      { additive: "adds what is missing", plan: "by an approved plan", manual: "by hand" }[
        repair.how
      ],
    ],
  ];
  const sql =
    repair.sql.length === 0 ? "" : `<pre>${escapeHtml(`${repair.sql.join(";\n")};`)}</pre>`;
  return `<article>\n<h2>${escapeHtml(`${kind}: ${object}`)}</h2>\n${definitions(facts)}\n${sql}\n</article>`;
}

function definitions(facts: readonly (readonly [string, string])[]): string {
  const rows = facts.map(
    ([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`,
  );
  return `<dl>${rows.join("")}</dl>`;
}
