import type { ClientBase } from "pg";
import { changeOf } from "../catalog/lockedChange";
import { stepKey } from "../directive/directive";
import { grantStatements, isAboutGrant, isGrantOn } from "../directive/grantStatements";
import { isGrantedByRun } from "../directive/objectType";
import type { AccessGrant, AccessMatrix, Step } from "../model";
import type { PreparedPlan } from "../plan/plan";
import { together } from "../postgres/together";

/**
 * Makes the access matrix's grants that are a run's to make, on what is there by now. A second time they change nothing.
 *
 * What a rollback took back to an earlier directive is granted on again, whatever it is: the stack's grants are resources
 * that were made before, and are not made anew.
 *
 * @param behind the steps that have not run yet: what they make or rename comes with them
 */
export async function grantByRun(
  client: ClientBase,
  { grants }: Pick<AccessMatrix, "grants">,
  { pending, unfinished, history }: Pick<PreparedPlan, "pending" | "unfinished" | "history">,
  behind: readonly Step[],
): Promise<void> {
  const takenBack = new Set(
    history
      .filter(({ action }) => action === "rollback")
      .map(({ directive, stepId: id }) => stepKey({ directive, id })),
  );
  const again = changeOf(
    [...pending, ...unfinished].filter((step) => takenBack.has(stepKey(step))),
  ).added;
  const { added, renamed } = changeOf(behind);
  const missing = [...added.map(({ id }) => id), ...renamed.map(({ to }) => to)];
  const there = grants.filter((grant) => !missing.some((id) => isGrantOn(grant, id)));
  const givenAgain = there.filter(
    (grant) => !isGrantedByRun(grant) && again.some(({ id }) => isAboutGrant(grant, id)),
  );
  const roles = givenAgain.length === 0 ? [] : await rolesThere(client, givenAgain);
  const made = [
    ...there.filter(isGrantedByRun),
    ...givenAgain.filter(({ role }) => roles.includes(role)),
  ];
  await together(grantStatements({ grants: made }).map((statement) => client.query(statement)));
}

/** Where the stack itself was taken back, it makes the roles anew, and their grants. */
async function rolesThere(
  client: ClientBase,
  grants: readonly AccessGrant[],
): Promise<readonly string[]> {
  const { rows } = await client.query<{ rolname: string }>(
    "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = ANY ($1::text[])",
    [grants.map(({ role }) => role)],
  );
  return rows.map(({ rolname }) => rolname);
}
