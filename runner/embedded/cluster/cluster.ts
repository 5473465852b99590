import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "../../base/lock";
import { dataDirectoryOf, deploy, removeAway, moveDataHome } from "../folder/location";
import { readMarker } from "../folder/marker";
import type { Place } from "../folder/place";
import { stopServer } from "../server/server";
import { readPort, startOnItsPort } from "../server/start";
import { sayingFullDisk } from "../system/fullDisk";
import { doesPortAnswer } from "../system/port";
import { isReady, portInFile, postmasterOf } from "../system/processes";
import { removeAbandoned } from "./prepared";
import { removeCluster } from "./remove";

/** `gone`: there is no finished cluster. `down`: there is one, and its server does not answer. */
export type ClusterState = "up" | "down" | "gone";

export interface ClusterStatus {
  readonly state: ClusterState;
  readonly port?: number;
  readonly pid?: number;
  /** Where the data is now: in the checkout, or outside it while the server needs it there. */
  readonly dataDirectory?: string;
}

/** The cluster's current state. Changes nothing, and does not wait for the lock. */
export async function clusterStatus(place: Place): Promise<ClusterStatus> {
  const marker = readMarker(place.markerFile);
  if (marker?.state !== "ready") {
    return { state: "gone" };
  }
  const dataDirectory = dataDirectoryOf(place, marker);
  const port = readPort(place);
  const pid = postmasterOf(dataDirectory);
  // A server in recovery accepts connections, but refuses logins, so it counts as down.
  const isServing = pid !== undefined && port !== undefined && isReady(dataDirectory);
  const isUp = isServing && (await doesPortAnswer(port));
  return {
    state: isUp ? "up" : "down",
    dataDirectory,
    ...(port === undefined ? {} : { port }),
    ...(pid === undefined ? {} : { pid }),
  };
}

/**
 * Starts the cluster where it does not run, also after a reboot or a crash, with its data; needs no password. Returns its
 * port, or undefined where there is no cluster.
 *
 * @param mayChangePort whether to choose another port where another program uses the cluster's. True only for a caller that
 *   passes the new port on, as `pulumi up` does by its outputs. Default: false, which refuses
 * @throws EMBEDDED_FAILED
 */
export async function startCluster(
  place: Place,
  { mayChangePort = false }: { mayChangePort?: boolean } = {},
): Promise<number | undefined> {
  const { state, port } = await clusterStatus(place);
  if (state === "up") {
    return port;
  }
  const what = `starting the embedded PostgreSQL of stack "${place.stack}"`;
  const start = async (): Promise<number | undefined> => {
    const marker = readMarker(place.markerFile);
    if (marker?.state !== "ready") {
      return undefined;
    }
    const current = dataDirectoryOf(place, marker);
    if (postmasterOf(current) !== undefined && portInFile(current) !== readPort(place)) {
      // Another port was chosen while it ran.
      await stopServer(current);
    }
    const { dataDirectory, binaries } = await deploy(place, marker);
    return startOnItsPort(place, { dataDirectory, binaries, mayChange: mayChangePort });
  };
  return sayingFullDisk(what, place.home, () => withLock(place.lockFile, start));
}

/**
 * Stops the server and moves its data back into the checkout, so that nothing is left outside. Returns whether it ran.
 *
 * @throws EMBEDDED_FAILED
 */
export async function stopCluster(place: Place): Promise<boolean> {
  if (!existsSync(place.markerFile)) {
    return false;
  }
  const what = `taking the data of stack "${place.stack}" back into the checkout`;
  const stop = async (): Promise<boolean> => {
    const marker = readMarker(place.markerFile);
    if (marker === undefined) {
      return false;
    }
    const dataDirectory = dataDirectoryOf(place, marker);
    const isRunning = postmasterOf(dataDirectory) !== undefined;
    await stopServer(dataDirectory);
    if (marker.state === "ready") {
      await moveDataHome(place, marker);
    } else {
      removeAway(marker);
    }
    return isRunning;
  };
  return sayingFullDisk(what, place.home, () => withLock(place.lockFile, stop));
}

/**
 * Stops the server and removes its own files; other files in its folder stay. Does nothing where there is no folder.
 *
 * @throws EMBEDDED_FAILED for a folder that does not carry our marker
 */
export async function destroyCluster(place: Place): Promise<void> {
  await removeCluster(place);
  await removeAbandoned(place.checkout);
}

/** The stacks that have a folder with our marker, by name. */
export function stacksIn(folder: string): string[] {
  if (!existsSync(folder)) {
    return [];
  }
  return readdirSync(folder)
    .filter((stack) => existsSync(join(folder, stack, "cluster.json")))
    .sort();
}
