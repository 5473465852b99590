import { DatabaseError } from "pg";
import { Fault } from "../base/fault";
import type { PreparedPlan } from "../plan/plan";
import { refuseObstacles, stoppingObstacles } from "../plan/stoppingObstacles";
import type { Rehearsal } from "./model";
import { quoted } from "./rebuilder";
import type { Surroundings } from "./surroundingsModel";

/** The SQLSTATE classes of errors that depend on rows: their values and numbers, and errors that the SQL itself raises. */
const ABOUT_ROWS = /^(21|22|23|P0)/;

/** The note that a statement ran on empty tables; undefined where it failed for another reason than the generated rows. */
export function noteOnRows(error: unknown): string | undefined {
  const cause = error instanceof Fault ? error.cause : undefined;
  return error instanceof Fault &&
    cause instanceof DatabaseError &&
    ABOUT_ROWS.test(cause.code ?? "")
    ? `rows: ${error.parts.what} failed on generated ones (SQLSTATE ${cause.code ?? ""}), and ran on empty tables; whether the target's own rows fit, only the run shows`
    : undefined;
}

/** The obstacles that would stop the run. They do not stop a rehearsal, whose results on the statements are valid anyway. */
export function refusals({ obstacles }: PreparedPlan): Pick<Rehearsal, "obstacles"> {
  const lasting = stoppingObstacles(obstacles);
  const lines = lasting.map(({ found, remedy }) => `${found}. ${remedy}.`);
  return lines.length === 0 ? {} : { obstacles: lines };
}

/**
 * Refuses a plan of which a statement failed where it has obstacles: they may be why, and would stop the run before it.
 *
 * @throws PRECHECK_FAILED or ROLLBACK_BLOCKED naming them, and the statement
 */
export function refuseFailed(error: unknown, { plan, obstacles }: PreparedPlan): void {
  if (error instanceof Fault && error.code === "STATEMENT_FAILED") {
    refuseObstacles(
      obstacles,
      plan?.action === "rollback" ? "ROLLBACK_BLOCKED" : "PRECHECK_FAILED",
      {
        what: `rehearsing the plan, which failed when ${error.parts.what}`,
        remedy: "Nothing was changed. Clear them all and rehearse again",
      },
    );
  }
}

/** A note where the login only reads, as in a preview: the plan was run as the tables' owner instead. */
export function runnerNote({ login, runsAs }: Surroundings): string[] {
  return runsAs === login
    ? []
    : [
        `login ${quoted(login)}, which may not alter the tables: the plan ran as their owner ${quoted(runsAs)}`,
      ];
}
