import type { ClientBase } from "pg";
import { definedObjects } from "../catalog/definedObjects";
import { keyOf } from "../catalog/kinds/objectId";
import { changeOf } from "../catalog/lockedChange";
import { accessAfter } from "../directive/accessAfter";
import { stepKey } from "../directive/directive";
import { grantStatements, isAboutGrant, isGrantOn } from "../directive/grantStatements";
import { isGrantedByRun } from "../directive/objectType";
import type { AccessGrant, AccessMatrix, CatalogObject, Step } from "../model";
import type { PreparedPlan } from "../plan/plan";
import { together } from "../postgres/together";
import { closeAdded } from "./closeAdded";

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
  await make(client, there.filter(isGrantedByRun));
  await makeAgain(
    client,
    there.filter((grant) => !isGrantedByRun(grant)),
    again,
  );
}

/**
 * Gives what the directives that stay had lost to the ones taken back, and is there again, to those who may use it by the
 * access matrix, and to nobody else: an inverse makes it with whatever default privileges give.
 *
 * @param undone the steps that were taken back, last first
 */
export async function grantAfterRollback(
  client: ClientBase,
  matrices: ReadonlyMap<string, AccessMatrix>,
  staying: readonly Step[],
  undone: readonly Step[],
): Promise<void> {
  const own = new Set(definedObjects(staying).change.added.map(({ id }) => keyOf(id)));
  const { removed } = definedObjects([...undone].reverse()).change;
  const back = removed.filter(({ id }) => own.has(keyOf(id)));
  await closeAdded(client, { added: back });
  await makeAgain(client, accessAfter(matrices, staying).grants, back);
}

/** Makes those of the grants that are on what came back. A role that is not there the stack makes anew, and its grants. */
async function makeAgain(
  client: ClientBase,
  grants: readonly AccessGrant[],
  back: readonly CatalogObject[],
): Promise<void> {
  const lost = grants.filter((grant) => back.some(({ id }) => isAboutGrant(grant, id)));
  if (lost.length > 0) {
    const { rows } = await client.query<{ rolname: string }>(
      "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = ANY ($1::text[])",
      [lost.map(({ role }) => role)],
    );
    const there = new Set(rows.map(({ rolname }) => rolname));
    await make(
      client,
      lost.filter(({ role }) => there.has(role)),
    );
  }
}

async function make(client: ClientBase, grants: readonly AccessGrant[]): Promise<void> {
  await together(grantStatements({ grants }).map((statement) => client.query(statement)));
}
