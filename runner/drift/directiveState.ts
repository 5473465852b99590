import type { ClientBase } from "pg";
import { takeAccessSnapshot } from "../catalog/access";
import { compareSnapshots, formatDifference } from "../catalog/compare";
import { definedObjects } from "../catalog/definedObjects";
import { takeSnapshot } from "../catalog/snapshot";
import type { Directives } from "../directive/directive";
import { historyHead, inspectHistory } from "../history/history";
import type { Snapshot } from "../model";
import { liveMembers } from "./verify";

/**
 * Everything of the directives that is in the database: their objects, who may do what on them, roles and logins,
 * and the history. Taken before and after something else runs, it tells whether that touched any of it.
 */
export async function takeDirectiveState(
  client: ClientBase,
  { allSteps, access }: Pick<Directives, "allSteps" | "access">,
): Promise<Snapshot> {
  const objects = definedObjects(allSteps);
  // Whoever owns them: it is the same before and after, or it shows.
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

/** What differs between two states, a line each. */
export function changedState(before: Snapshot, after: Snapshot): readonly string[] {
  return compareSnapshots(before, after).map(formatDifference);
}
