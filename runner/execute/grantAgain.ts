import type { ClientBase } from "pg";
import { definedObjects } from "../catalog/definedObjects";
import { keyOf } from "../catalog/kinds/objectId";
import { accessAfter } from "../directive/accessAfter";
import { grantStatements, isAboutGrant } from "../directive/grantStatements";
import type { AccessMatrix, Step } from "../model";
import { together } from "../postgres/together";
import { closeAdded } from "./closeAdded";

/**
 * Gives what the directives that stay had lost to the ones taken back, and is there again, to those who may use it by the
 * access matrix, and to nobody else: an inverse makes it with whatever default privileges give.
 *
 * @param undone the steps that were taken back, last first
 */
export async function grantAgain(
  client: ClientBase,
  matrices: ReadonlyMap<string, AccessMatrix>,
  staying: readonly Step[],
  undone: readonly Step[],
): Promise<void> {
  const own = new Set(definedObjects(staying).change.added.map(({ id }) => keyOf(id)));
  const { removed } = definedObjects([...undone].reverse()).change;
  const back = removed.filter(({ id }) => own.has(keyOf(id)));
  await closeAdded(client, { added: back });
  const grants = accessAfter(matrices, staying).grants.filter((grant) =>
    back.some(({ id }) => isAboutGrant(grant, id)),
  );
  await together(grantStatements({ grants }).map((statement) => client.query(statement)));
}
