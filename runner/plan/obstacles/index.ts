import type { ClientBase } from "pg";
import type { Obstacle } from "../../model";
import { together } from "../../postgres/together";
import { accessObstacles } from "./access";
import { alteredTableObstacles } from "./alteredTables";
import { droppedRowsObstacles } from "./archive";
import { attributeObstacles } from "./attributes";
import { builtInObstacles } from "./builtIns";
import { driftObstacles } from "./drift";
import { droppedAlongObstacles } from "./droppedAlong";
import { eventTriggerObstacles } from "./eventTriggers";
import { grantObstacles } from "./grants";
import { leftoverObstacles } from "./leftovers";
import { loginObstacles } from "./logins";
import { neededObstacles } from "./needs";
import { ownerObstacles } from "./owner";
import type { ObstacleKind, PlannedRun } from "./plannedRun";
import { preparedTransactionObstacles } from "./preparedTransactions";
import { publicationObstacles } from "./publications";
import { replicaIdentityObstacles } from "./replicaIdentity";
import { roleObstacles } from "./roles";
import { schemaObstacles } from "./schemas";
import { serverObstacles } from "./server";
import { sessionObstacles } from "./sessions";
import { shadowObstacles } from "./shadows";

/** Every kind of obstacle to an apply, in the order in which they are shown. */
const KINDS: readonly ObstacleKind[] = [
  serverObstacles,
  sessionObstacles,
  preparedTransactionObstacles,
  roleObstacles,
  loginObstacles,
  grantObstacles,
  ownerObstacles,
  driftObstacles,
  schemaObstacles,
  alteredTableObstacles,
  neededObstacles,
  leftoverObstacles,
  droppedRowsObstacles,
  droppedAlongObstacles,
  attributeObstacles,
  accessObstacles,
  publicationObstacles,
  replicaIdentityObstacles,
  eventTriggerObstacles,
  shadowObstacles,
  builtInObstacles,
];

/** The kinds about the login's own rights. */
const OF_LOGIN: readonly ObstacleKind<RightsRun>[] = [
  roleObstacles,
  grantObstacles,
  schemaObstacles,
];

type RightsRun = Pick<PlannedRun, "access" | "objects" | "ownSchemas">;

/** The rights that the login lacks to make roles, to grant, and to make the directives' objects. Reads only. */
export async function findLackingRights(
  client: ClientBase,
  run: RightsRun,
): Promise<readonly Obstacle[]> {
  return await findKinds(OF_LOGIN, client, run);
}

/**
 * Finds everything that would make an apply fail on this database. Reads only.
 */
export async function findObstacles(
  client: ClientBase,
  run: PlannedRun,
): Promise<readonly Obstacle[]> {
  return await findKinds(KINDS, client, run);
}

async function findKinds<Run>(
  kinds: readonly ObstacleKind<Run>[],
  client: ClientBase,
  run: Run,
): Promise<readonly Obstacle[]> {
  return (await together(kinds.map((kind) => kind(client, run)))).flat();
}
