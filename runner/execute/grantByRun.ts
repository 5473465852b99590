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
 * Makes the grants of the access matrix that a run makes itself ({@link isGrantedByRun}), on objects that exist by now.
 * Making them again changes nothing.
 *
 * On objects of steps that were rolled back and are applied again, all grants are made: in the stack the postgresql plugin's
 * grants are resources that exist already, and so it does not make them again.
 *
 * @param notYetRun the steps of this run that come later: grants on objects that they make or rename come with them
 */
export async function grantByRun(
  client: ClientBase,
  { grants }: Pick<AccessMatrix, "grants">,
  { pending, unfinished, history }: Pick<PreparedPlan, "pending" | "unfinished" | "history">,
  notYetRun: readonly Step[],
): Promise<void> {
  const rolledBack = new Set(
    history
      .filter(({ action }) => action === "rollback")
      .map(({ directive, stepId: id }) => stepKey({ directive, id })),
  );
  const again = changeOf(
    [...pending, ...unfinished].filter((step) => rolledBack.has(stepKey(step))),
  ).added;
  const { added, renamed } = changeOf(notYetRun);
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
 * Grants again, after a rollback, on objects of the remaining directives that the rolled back steps had dropped and that
 * their inverses have made again. Privileges that default privileges gave on them are revoked first.
 *
 * @param undone the steps that were rolled back, last first
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

/** Makes the grants on objects that exist again. Grants to missing roles are left out: the stack makes both. */
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
