import type { ClientBase } from "pg";
import { changeOf } from "../catalog/lockedChange";
import { grantStatements, isGrantOn } from "../directive/grantStatements";
import { isGrantedByRun } from "../directive/objectType";
import type { AccessMatrix, Step } from "../model";
import { together } from "../postgres/together";

/**
 * Makes the access matrix's grants that are a run's to make, on what is there by now. A second time they change nothing.
 *
 * @param behind the steps that have not run yet: what they make or rename comes with them
 */
export async function grantByRun(
  client: ClientBase,
  { grants }: Pick<AccessMatrix, "grants">,
  behind: readonly Step[],
): Promise<void> {
  const { added, renamed } = changeOf(behind);
  const missing = [...added.map(({ id }) => id), ...renamed.map(({ to }) => to)];
  const made = grants.filter(
    (grant) => isGrantedByRun(grant) && !missing.some((id) => isGrantOn(grant, id)),
  );
  await together(grantStatements({ grants: made }).map((statement) => client.query(statement)));
}
