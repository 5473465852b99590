import { readProof } from "../../approval/proof";
import { parseApproval } from "../../approval/record";
import { InvalidApprovalText } from "../../base/untrustedText";
import { stepKey } from "../../directive/directive";
import type { HistoryRow, Plan, PlannedStep } from "../../model";
import { count } from "../../pages/blocks";
import type { SinceSigned } from "../model";
import { some } from "./lists";

/**
 * How this plan differs from the last signed plan that ran, as the history records that plan; undefined where it records
 * none. Its signatures are not verified here, since nothing depends on them; `v7 drift` verifies them.
 */
export function sinceSigned(plan: Plan, history: readonly HistoryRow[]): SinceSigned | undefined {
  for (const row of [...history].reverse()) {
    const signed = signedPlan(row);
    if (signed !== undefined) {
      const rows = history.filter(
        ({ position, planDigest }) => position > row.position && planDigest !== row.planDigest,
      );
      return {
        at: row.recordedAt.toISOString(),
        planDigest: row.planDigest,
        action: signed.plan.action,
        approvers: signed.approvers,
        differences: differences(signed.plan, plan, rows.length),
      };
    }
  }
  return undefined;
}

/** The signed plan of this row's run; undefined where the row has no proof that can be read. */
function signedPlan({
  details,
  planDigest,
}: HistoryRow): { readonly plan: Plan; readonly approvers: readonly string[] } | undefined {
  try {
    const { plan, proof } = readProof(details, planDigest);
    const approvers = proof.approvals.map(
      ({ record }) => parseApproval(Buffer.from(record)).approver,
    );
    return approvers.length === 0 ? undefined : { plan, approvers };
  } catch (error) {
    if (error instanceof InvalidApprovalText) {
      return undefined;
    }
    throw error;
  }
}

/** Each thing that was compared, with how it differs now, or `the same`. */
function differences(then: Plan, now: Plan, rowsSince: number): SinceSigned["differences"] {
  const target = (plan: Plan): string =>
    `${plan.project}, ${plan.stack}, ${plan.target.database} on ${plan.target.host}:${plan.target.port}, number ${plan.target.databaseOid} of ${plan.target.systemIdentifier ?? "an unknown system"}`;
  return [
    ["Action", compared(then.action, now.action, `${then.action} then, ${now.action} now`)],
    ["Target", compared(target(then), target(now), `${target(then)} then, another now`)],
    ["Steps in this plan alone", named(missingIn(now.steps, then.steps))],
    ["Steps in that plan alone", named(missingIn(then.steps, now.steps))],
    ["Steps in both, of other bytes", named(changedFrom(then.steps, now.steps))],
    ["Access matrix and logins", compared(then.access, now.access)],
    ["Manifests and expected catalog", compared(then.manifests, now.manifests)],
    [
      "Objects that the plan was made on",
      compared(
        then.base.fingerprint,
        now.base.fingerprint,
        "others: that run itself, or somebody since",
      ),
    ],
    [
      "History",
      rowsSince === 0 ? "that run wrote its last row" : `${count(rowsSince, "row")} since that run`,
    ],
  ];
}

function compared(then: string, now: string, otherwise = "another"): string {
  return then === now ? "the same" : otherwise;
}

function named(steps: readonly PlannedStep[]): string {
  return some(
    steps.map(({ directive, id }) => `${directive} ${id}`),
    12,
  ).replace(/^nothing$/, "none");
}

function missingIn(
  steps: readonly PlannedStep[],
  others: readonly PlannedStep[],
): readonly PlannedStep[] {
  const known = new Set(others.map(stepKey));
  return steps.filter((step) => !known.has(stepKey(step)));
}

function changedFrom(
  then: readonly PlannedStep[],
  now: readonly PlannedStep[],
): readonly PlannedStep[] {
  const digests = new Map(then.map((step) => [stepKey(step), step.sha256]));
  return now.filter((step) => (digests.get(stepKey(step)) ?? step.sha256) !== step.sha256);
}
