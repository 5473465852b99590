import { grouped } from "../base/grouped";
import { sha256 } from "../base/sha256";
import { when } from "../base/when";
import {
  code,
  count,
  facts,
  line,
  list,
  long,
  notice,
  source,
  table,
  text,
  type Block,
  type Page,
  type Tone,
} from "../pages/blocks";
import { capitalized, moment, shellWord } from "../pages/format";
import { comparisonOf, isOfPrivileges, type Compared } from "./comparison";
import { countBySeverity, HOW, type DriftReport, type ReportedFinding } from "./report";
import { SEVERITIES, type Severity } from "./severity";

const TONES: Readonly<Record<Severity, Tone>> = {
  critical: "bad",
  high: "bad",
  medium: "caution",
  low: "quiet",
};

/**
 * The report as a page and in Markdown: the verdict, the findings by severity, how to repair them, what is not compared. The
 * foot has a digest of the findings, by which two reports can be compared.
 */
export function driftPage(report: DriftReport): Page {
  const { findings, notCompared, target, pending, historyHead } = report;
  const [gravest] = findings;
  const tone = gravest === undefined ? "good" : TONES[gravest.severity];
  const headline =
    gravest === undefined
      ? "No drift: what was compared is as it was approved"
      : `${count(findings.length, "difference")}: ${countBySeverity(findings)}`;
  return {
    overline: `Checked ${moment(report.checkedAt)}`,
    title: `Drift of stack ${report.stack}`,
    summary: headline,
    head: [
      notice(tone, headline),
      facts(
        [
          "Database",
          line`${code(target.database)} on ${code(`${target.host}:${String(target.port)}`)}`,
        ],
        ["PostgreSQL", report.serverVersion],
        ["Pending, not drift", pending.length === 0 ? "nothing" : code(pending.join(", "))],
        ["Fingerprint", code(report.schemaFingerprint)],
        ["Head of the history", historyHead === null ? "none" : code(historyHead)],
      ),
    ],
    sections: [
      ...SEVERITIES.map((severity) => {
        const those = findings.filter((finding) => finding.severity === severity);
        return {
          id: severity,
          title: `${capitalized(severity)}: ${count(those.length, "finding")}`,
          blocks: [...grouped(those, alike).values()].map((group) =>
            findingBlock(group, TONES[severity]),
          ),
        };
      }),
      {
        id: "remedy",
        title: "How it is put right",
        blocks: when(findings.length > 0, ...remedyBlocks(report.stack)),
      },
      {
        id: "not-compared",
        title: "What is not compared",
        blocks: [
          text(
            notCompared.length === 0
              ? "This version knows all that this server has of the directives' objects."
              : "The server has these, and this version does not know them. No drift.",
          ),
          ...when(notCompared.length > 0, list(notCompared.map(code))),
          text(line`What is never looked at: ${code("docs/drift.md")}.`),
        ],
      },
    ].filter(({ blocks }) => blocks.length > 0),
    foot: `Findings: ${findingsDigest(report)}`,
  };
}

type Group = readonly [ReportedFinding, ...(readonly ReportedFinding[])];

/** What findings on privileges have in common that are shown together: possible authors and remedy. Others are shown alone. */
function alike(finding: ReportedFinding): string {
  const { object, kind, causes, repair } = finding;
  return JSON.stringify(
    isOfPrivileges(finding) ? [causes, repair.how, repair.note] : [kind, object],
  );
}

function findingBlock(group: Group, tone: Tone): Block {
  const [{ object, kind, causes, repair }] = group;
  const sql = [...new Set(group.flatMap((finding) => finding.repair.sql))];
  return {
    kind: "step",
    tone,
    label: kind,
    title: group.length === 1 ? code(object) : `privileges on ${count(group.length, "object")}`,
    blocks: [
      ...(isOfPrivileges(group[0]) ? [privilegesTable(group)] : comparison(group[0])),
      facts(
        ["Possible authors", causes.join("; ")],
        ["Remedy", HOW[repair.how]],
        ...(repair.note === null ? [] : [["Note", repair.note] as const]),
      ),
      ...when(sql.length > 0, source("sql", `${sql.join(";\n")};`)),
    ],
  };
}

function privilegesTable(group: Group): Block {
  return table(
    ["Role", "Object", long("Privileges expected"), long("Privileges found")],
    group.flatMap((finding) =>
      comparisonOf(finding).map(({ name, expected, found }) => {
        const object = finding.object.replace(/^privileges /, "");
        return [code(name), code(object), expected, found];
      }),
    ),
  );
}

/** A table of the properties; texts of several lines are shown side by side instead. */
function comparison(finding: ReportedFinding): Block[] {
  const rows = comparisonOf(finding);
  const isText = ({ expected, found }: Compared): boolean => `${expected}${found}`.includes("\n");
  const short = rows.filter((row) => !isText(row));
  return [
    ...when(
      short.length > 0,
      table(
        ["Property", long("Expected"), long("Found")],
        short.map(({ name, expected, found }) => [name, code(expected), code(found)]),
      ),
    ),
    ...rows.filter(isText).map(({ name, expected, found }) => ({
      kind: "pair" as const,
      language: "sql" as const,
      left: { title: `Expected ${name}`, text: expected },
      right: { title: `Found ${name}`, text: found },
    })),
    ...(rows.length === 0 ? finding.details.map(text) : []),
  ];
}

function remedyBlocks(stack: string): readonly Block[] {
  const option = `--stack ${shellWord(stack)}`;
  return [
    text(
      "The SQL of a finding runs as a plan that is approved, or by hand where the finding says so.",
    ),
    source(
      "sh",
      `npx v7 plan ${option} --action repair\nnpx v7 approve --plan FILE --key KEY --signer NAME\nnpx v7 repair ${option}`,
    ),
  ];
}

function findingsDigest({ findings }: DriftReport): string {
  const lines = findings.map(({ object, kind, details }) => [object, kind, ...details].join("\n"));
  return sha256(Buffer.from(lines.sort().join("\n\n"))).slice(0, 16);
}
