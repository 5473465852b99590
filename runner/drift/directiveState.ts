import type { ClientBase } from "pg";
import { takeAccessSnapshot } from "../catalog/access";
import { compareSnapshots, formatDifference } from "../catalog/compare";
import { definedObjects } from "../catalog/definedObjects";
import { fittingSteps } from "../catalog/lockedChange";
import { takeSnapshot } from "../catalog/snapshot";
import type { Directives } from "../directive/directive";
import { historyHead, inspectHistory } from "../history/history";
import type { Snapshot } from "../model";
import { liveMembers } from "./verify";

/**
 * The state of everything that belongs to the directives: their objects, the privileges on them, roles and logins, and the
 * history. Two states show whether anything that ran between them (a seed, a copy) changed some of it.
 */
export async function takeDirectiveState(
  client: ClientBase,
  { allSteps, access }: Pick<Directives, "allSteps" | "access">,
): Promise<Snapshot> {
  const objects = definedObjects(fittingSteps(allSteps));
  // Any owner will do: the same one is used for both states.
  const { rows } = await client.query<{ login: string }>("SELECT session_user::text AS login");
  const owner = rows[0]?.login ?? "";
  const members = await liveMembers(client, access, objects, owner);
  const logins = Object.values(members).flat();
  const { history, breaks } = await inspectHistory(client);
  return {
    ...(await takeSnapshot(client, objects, owner)),
    ...(await takeAccessSnapshot(client, access, objects, owner, logins)),
    history: { rows: history.length, head: historyHead(history), broken: breaks.length },
  };
}

/** A line for each difference between two states. */
export function changedState(before: Snapshot, after: Snapshot): readonly string[] {
  return compareSnapshots(before, after).map(formatDifference);
}
