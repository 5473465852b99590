import { jsonWithoutSecrets } from "../base/redaction";
import { RUNNER_VERSION } from "../base/version";
import type { ConnectionSettings } from "../model";
import type { Repair } from "../repair/context";
import type { CheckedDrift } from "./checkDrift";
import type { Finding } from "./findDrift";
import { SEVERITIES, type Severity } from "./severity";

/** One finding, as docs/schemas/drift.schema.json publishes it. */
export interface ReportedFinding extends Omit<Finding, "id" | "orderOf" | "repair"> {
  readonly repair: Pick<Repair, "how" | "sql"> & { readonly note: string | null };
}

/** The ways of repairing, for messages. */
export const HOW: Readonly<Record<Repair["how"], string>> = {
  additive: "repair, which only adds what is missing",
  plan: "repair, by a plan that is approved",
  manual: "by hand",
};

/** What `npx v7 drift --json` prints. Fields may be added in this version, but not changed or removed. */
export interface DriftReport {
  readonly kind: "v7-drift";
  readonly version: 1;
  readonly stack: string;
  readonly target: { readonly host: string; readonly port: number; readonly database: string };
  /** ISO 8601, UTC, by this machine's clock. */
  readonly checkedAt: string;
  readonly serverVersion: string;
  readonly runnerVersion: string;
  readonly drift: boolean;
  readonly schemaFingerprint: string;
  /** The digest of history's last row; give it to the next check as --history-head. */
  readonly historyHead: string | null;
  /** Steps of the repository that never ran here, `ad_006/section_1`; they are no drift. */
  readonly pending: readonly string[];
  /** Properties that the server has and this version does not know, `option x of public.t`; they are no drift. */
  readonly notCompared: readonly string[];
  /** The most severe first. */
  readonly findings: readonly ReportedFinding[];
}

/** The report of a check. It names host, port and database, never a password. */
export function driftReport(
  stack: string,
  { host, port, databaseName }: ConnectionSettings,
  checked: CheckedDrift,
  now: Date,
): DriftReport {
  return {
    kind: "v7-drift",
    version: 1,
    stack,
    target: { host, port, database: databaseName },
    checkedAt: now.toISOString(),
    serverVersion: checked.serverVersion,
    runnerVersion: RUNNER_VERSION,
    drift: checked.findings.length > 0,
    schemaFingerprint: checked.schemaFingerprint,
    historyHead: checked.historyHead,
    pending: checked.pending,
    notCompared: checked.notCompared,
    findings: checked.findings.map(reportFinding),
  };
}

export function reportFinding(finding: Finding): ReportedFinding {
  const { object, kind, severity, details, causes, repair } = finding;
  const [expected, actual] = [finding.expected, finding.actual].map(jsonWithoutSecrets);
  const { how, sql, note = null } = repair;
  return { object, kind, severity, details, expected, actual, causes, repair: { how, sql, note } };
}

/** `1 critical, 2 low` */
export function countBySeverity(findings: readonly { readonly severity: Severity }[]): string {
  return SEVERITIES.map((severity) => ({
    severity,
    count: findings.filter((finding) => finding.severity === severity).length,
  }))
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => `${String(count)} ${severity}`)
    .join(", ");
}
