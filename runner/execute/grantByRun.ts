import type { ClientBase } from "pg";
import { findConcerned } from "../catalog/concerned";
import { definedObjects } from "../catalog/definedObjects";
import { describeAmong, type DescribedCatalog } from "../catalog/describe";
import { keyOf } from "../catalog/kinds/objectId";
import { changeOf, grantedObjects, madeObjects } from "../catalog/lockedChange";
import { accessAfter } from "../directive/accessAfter";
import { stepKey } from "../directive/directive";
import { grantStatements, grantWithout, isAboutGrant } from "../directive/grantStatements";
import { isGrantedByRun, objectTypeOf } from "../directive/objectType";
import type { AccessGrant, AccessMatrix, ObjectId, Step } from "../model";
import type { PreparedPlan } from "../plan/plan";
import { together } from "../postgres/together";
import { closeAdded } from "./closeAdded";

/**
 * Makes the grants of the access matrix that a run makes itself ({@link isGrantedByRun}), on objects that exist by now.
 * Making them again changes nothing.
 *
 * On objects of steps that were rolled back and are applied again, all grants are made: in the stack the postgresql plugin's
 * grants are resources that exist already, and so it does not make them again. So are those on objects of earlier steps on
 * which a step granted or revoked, as the run has revoked everything there.
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
  const again = [
    ...madeObjects([...pending, ...unfinished].filter((step) => rolledBack.has(stepKey(step)))),
    ...grantedObjects(pending),
  ];
  const there = grantsThere(grants, notYetRun);
  await make(client, there.filter(isGrantedByRun));
  await makeAgain(
    client,
    there.filter((grant) => !isGrantedByRun(grant)),
    again,
  );
}

/** The access matrix of the steps that have run, without grants on what this run's later steps make or rename. */
export function accessSoFar(
  matrices: ReadonlyMap<string, AccessMatrix>,
  steps: readonly Step[],
  notYetRun: readonly Step[],
): AccessMatrix {
  const access = accessAfter(
    matrices,
    steps.filter((step) => !notYetRun.includes(step)),
  );
  return { ...access, grants: grantsThere(access.grants, notYetRun) };
}

function grantsThere(
  grants: readonly AccessGrant[],
  notYetRun: readonly Step[],
): readonly AccessGrant[] {
  const { added, renamed } = changeOf(notYetRun);
  const missing = [...added.map(({ id }) => id), ...renamed.map(({ to }) => to)];
  return missing.reduce((left, id) => left.flatMap((grant) => grantWithout(grant, id)), grants);
}

/**
 * The steps' own objects that privileges can be granted on, with their addresses: an object that is dropped and made again
 * gets another one.
 */
export async function takeOwnObjects(
  client: ClientBase,
  steps: readonly Step[],
): Promise<DescribedCatalog> {
  const objects = definedObjects(steps);
  const own = new Set(
    objects.change.added.flatMap(({ id }) => (objectTypeOf(id) === undefined ? [] : [keyOf(id)])),
  );
  if (own.size === 0) {
    return new Map();
  }
  const { addresses } = await findConcerned(client, objects);
  const described = await describeAmong(client, addresses, false);
  return new Map([...described].filter(([key]) => own.has(key)));
}

/**
 * Grants again, after a rollback, on objects of the remaining directives that it has made again. Privileges that default
 * privileges gave on them are revoked first.
 *
 * @param before what {@link takeOwnObjects} of these steps gave before the rollback
 */
export async function grantAfterRollback(
  client: ClientBase,
  matrices: ReadonlyMap<string, AccessMatrix>,
  staying: readonly Step[],
  before: DescribedCatalog,
): Promise<void> {
  const back = [...(await takeOwnObjects(client, staying))].flatMap(([key, object]) =>
    before.get(key)?.address === object.address ? [] : [object.id],
  );
  await closeAdded(client, back);
  await makeAgain(client, accessAfter(matrices, staying).grants, back);
}

/** Makes the grants on objects that exist again. Grants to missing roles are left out: the stack makes both. */
async function makeAgain(
  client: ClientBase,
  grants: readonly AccessGrant[],
  back: readonly ObjectId[],
): Promise<void> {
  const lost = grants.filter((grant) => back.some((id) => isAboutGrant(grant, id)));
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
