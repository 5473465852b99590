import { sha256 } from "../../runner/base/sha256";
import type { DriftReport, ReportedFinding } from "../../runner/drift/report";
import type { Severity } from "../../runner/drift/severity";
import type { Place } from "./driftPlaces";

const LEVELS: Readonly<Record<Severity, "error" | "warning" | "note">> = {
  critical: "error",
  high: "error",
  medium: "warning",
  low: "note",
};

/** GitHub sorts results by this number; 9 and more is critical. */
const SECURITY_SEVERITY: Readonly<Record<Severity, string>> = {
  critical: "9.5",
  high: "8.0",
  medium: "5.0",
  low: "2.0",
};

function ruleOf({ object, kind }: ReportedFinding): string {
  const word = object.startsWith("column order")
    ? "column-order"
    : (object.split(" ")[0] ?? "object");
  return `drift/${word}-${kind}`;
}

/**
 * The report as SARIF 2.1.0, which code scanners show. A finding's physical location is the place that defines the expected
 * object, its logical location the object itself.
 * https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 *
 * @param places by finding, in the report's order
 */
export function driftSarif(report: DriftReport, places: readonly Place[]): object {
  const rules = [...new Map(report.findings.map((one) => [ruleOf(one), one])).entries()].sort(
    ([a], [b]) => a.localeCompare(b),
  );
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "v7 drift",
            version: report.runnerVersion,
            rules: rules.map(([id, finding]) => ({
              id,
              shortDescription: { text: `${finding.object.split(" ")[0] ?? ""} ${finding.kind}` },
              properties: {
                tags: ["security"],
                "security-severity": SECURITY_SEVERITY[finding.severity],
              },
            })),
          },
        },
        invocations: [{ executionSuccessful: true, endTimeUtc: report.checkedAt }],
        automationDetails: { id: `v7-drift/${report.stack}/` },
        results: report.findings.map((finding, index) => ({
          ruleId: ruleOf(finding),
          ruleIndex: rules.findIndex(([id]) => id === ruleOf(finding)),
          level: LEVELS[finding.severity],
          message: { text: messageOf(finding) },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: places[index]?.file },
                region: { startLine: places[index]?.line },
              },
              logicalLocations: [{ fullyQualifiedName: finding.object, kind: "object" }],
            },
          ],
          partialFingerprints: {
            "v7Drift/v1": sha256(Buffer.from(`${finding.kind} ${finding.object}`)),
          },
        })),
      },
    ],
  };
}

function messageOf({ object, kind, details, causes, repair }: ReportedFinding): string {
  return [
    `${kind}: ${object}${details.length === 0 ? "" : ` (${details.join("; ")})`}`,
    `Possible authors: ${causes.join("; ")}.`,
    ...(repair.note === null ? [] : [`Note: ${repair.note}.`]),
    ...(repair.sql.length === 0 ? [] : [`Repair: ${repair.sql.join("; ")};`]),
  ].join("\n");
}
