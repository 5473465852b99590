import type { ClientBase } from "pg";
import type { Obstacle } from "../../model";
import { together } from "../../postgres/together";
import { accessObstacles } from "./access";
import { alteredTableObstacles } from "./alteredTables";
import { eventTriggerObstacles } from "./eventTriggers";
import { foreignKeyObstacles } from "./foreignKeys";
import { grantObstacles } from "./grants";
import { leftoverObstacles } from "./leftovers";
import { loginObstacles } from "./logins";
import { ownerObstacles } from "./owner";
import type { ObstacleKind, PlannedRun } from "./plannedRun";
import { preparedTransactionObstacles } from "./preparedTransactions";
import { publicationObstacles } from "./publications";
import { roleObstacles } from "./roles";
import { schemaObstacles } from "./schemas";
import { serverObstacles } from "./server";
import { sessionObstacles } from "./sessions";
import { shadowObstacles } from "./shadows";

/** Every kind of obstacle to an apply, one a file, in the order in which they are shown. */
const KINDS: readonly ObstacleKind[] = [
  foreignKeyObstacles,
  serverObstacles,
  sessionObstacles,
  preparedTransactionObstacles,
  roleObstacles,
  loginObstacles,
  grantObstacles,
  ownerObstacles,
  schemaObstacles,
  alteredTableObstacles,
  leftoverObstacles,
  accessObstacles,
  publicationObstacles,
  eventTriggerObstacles,
  shadowObstacles,
];

/**
 * Everything that would make the directive fail on this database, at once. Reads only.
 *
 * @returns an empty list where nothing stands in the way
 */
export async function findObstacles(
  client: ClientBase,
  run: PlannedRun,
): Promise<readonly Obstacle[]> {
  return (await together(KINDS.map((kind) => kind(client, run)))).flat();
}
