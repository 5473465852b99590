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

/** What each way of repairing is, in words. */
export const HOW: Readonly<Record<Repair["how"], string>> = {
  additive: "repair, which only adds what is missing",
  plan: "repair, by a plan that is approved",
  manual: "by hand",
};

/** What `npx v7 drift --json` prints. A field is added without another version, never changed or taken away. */
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
  /** Steps of the repository that never ran here: `ad_006/section_1`. No drift. */
  readonly pending: readonly string[];
  /** What the server knows and this version does not: `option x of public.t`. No drift. */
  readonly notCompared: readonly string[];
  /** The gravest first. */
  readonly findings: readonly ReportedFinding[];
}

/** The report of a check. Says host, port and database, never a login's password. */
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

/** One finding in the published form. */
export function reportFinding(finding: Finding): ReportedFinding {
  const { object, kind, severity, details, expected, actual, causes, repair } = finding;
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
