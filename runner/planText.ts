import { ACCESS_STEP } from "./history";
import type { PreparedPlan } from "./planner";

/** What a plan would do, as lines for a preview: the steps with their digests, and every obstacle. */
export function describePreparedPlan(prepared: PreparedPlan): string {
  const { plan, digest, obstacles } = prepared;
  if (plan === undefined || digest === undefined) {
    return "nothing to run: every step stands, as the history says";
  }
  const { host, port, database } = plan.target;
  return [
    `would run on ${host}:${String(port)}/${database}, a ${prepared.isProtected ? "protected" : "database that says it is unprotected"}${prepared.isProtected ? " database" : ""}:`,
    ...prepared.pending.map(
      ({ id, kind, sha256, title, statements }) =>
        `  ${id.padEnd(20)} ${kind.padEnd(10)} ${sha256.slice(0, 16)}…  ${title} (${String(statements.length)} statement${statements.length === 1 ? "" : "s"})`,
    ),
    ...(prepared.isAccessPending
      ? [
          `  ${ACCESS_STEP.id.padEnd(20)} ${"access".padEnd(10)} ${plan.access.slice(0, 16)}…  The access matrix`,
        ]
      : []),
    `plan digest ${digest}`,
    obstacles.length === 0
      ? "pre-checks: nothing stands in the way"
      : `pre-checks: ${String(obstacles.length)} obstacle${obstacles.length === 1 ? "" : "s"}`,
    ...obstacles.map(({ found, remedy }) => `  - ${found}. ${remedy}.`),
  ].join("\n");
}
