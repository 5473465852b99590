import { formatRows } from "../base/table";
import { describeNotCompared } from "../catalog/notCompared";
import { stepKey } from "../directive/directive";
import { appliedSteps } from "../history/history";
import { revocationsIn } from "../history/revocations";
import type { PlanAction, PlannedStep } from "../model";
import type { PreparedPlan } from "./plan";

/** A plan as lines for a preview: the steps with their digests, and every obstacle. */
export function describePreparedPlan(prepared: PreparedPlan, action: PlanAction = "apply"): string {
  const { plan, digest, obstacles } = prepared;
  const applied = appliedSteps(prepared.history);
  const unfinished = prepared.unfinished.map((step) => {
    const begun = applied.get(stepKey(step))?.planDigest.slice(0, 16) ?? "";
    return `${step.id} was approved and begun under plan ${begun}…, and is not finished: the next run finishes it`;
  });
  if (plan === undefined || digest === undefined) {
    const why =
      action === "apply"
        ? "every step has been applied, as the history says"
        : `the action ${action} finds nothing to do`;
    return [...unfinished, `nothing to run: ${why}`].join("\n");
  }
  const { host, port, database } = plan.target;
  return [
    `would run on ${host}:${String(port)}/${database}, a ${prepared.isProtected ? "protected" : "database that says it is unprotected"}${prepared.isProtected ? " database" : ""}:`,
    ...formatRows(plan.steps.map((step) => stepCells(step, describeRuns(step, prepared)))),
    ...(prepared.revocations ?? []).map(
      (one) => `  takes away what the matrix does not have: REVOKE ${one}`,
    ),
    ...unfinished,
    `plan digest ${digest}`,
    ...(revocationsIn(prepared.history).plans.has(digest)
      ? ["revoked on this database: it is refused, whoever approves it"]
      : []),
    obstacles.length === 0
      ? "pre-checks: no obstacles"
      : `pre-checks: ${String(obstacles.length)} obstacle${obstacles.length === 1 ? "" : "s"}`,
    ...obstacles.map(({ found, remedy }) => `  - ${found}. ${remedy}.`),
    ...describeNotCompared(prepared.notCompared),
  ].join("\n");
}

/** A step as the cells of an indented row. */
export function stepCells(
  { id, kind, sha256 }: Pick<PlannedStep, "id" | "kind" | "sha256">,
  title: string,
): string[] {
  return ["", id, kind, `${sha256.slice(0, 16)}…`, title];
}

function describeRuns(planned: PlannedStep, { plan, pending, titles }: PreparedPlan): string {
  const step = pending.find((one) => stepKey(one) === stepKey(planned));
  const runs = plan?.action === "rollback" ? step?.inverse?.statements : step?.statements;
  const count = runs?.length ?? 0;
  return step === undefined
    ? (titles?.get(stepKey(planned)) ?? "")
    : `${step.title} (${String(count)} statement${count === 1 ? "" : "s"})`;
}
