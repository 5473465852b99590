import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "../../base/lock";
import type { PostgresMajor } from "../../postgres/majors";
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

/** `gone`: no finished cluster is there. `down`: it is, and its server does not answer. */
export type ClusterState = "up" | "down" | "gone";

export interface ClusterStatus {
  readonly stack: string;
  readonly state: ClusterState;
  readonly major?: PostgresMajor;
  readonly port?: number;
  readonly pid?: number;
  /** Where the data is now: in the checkout, or outside it while the server needs it there. */
  readonly dataDirectory?: string;
}

/** How the cluster is now. Reads only, and waits for nobody. */
export async function clusterStatus(place: Place): Promise<ClusterStatus> {
  const { stack } = place;
  const marker = readMarker(place.markerFile);
  if (marker?.state !== "ready") {
    return { stack, state: "gone" };
  }
  const dataDirectory = dataDirectoryOf(place, marker);
  const port = readPort(place);
  const pid = postmasterOf(dataDirectory);
  // One that is still at its recovery takes connections, and refuses logins.
  const isServing = pid !== undefined && port !== undefined && isReady(dataDirectory);
  const isUp = isServing && (await doesPortAnswer(port));
  return {
    stack,
    state: isUp ? "up" : "down",
    major: marker.major,
    dataDirectory,
    ...(port === undefined ? {} : { port }),
    ...(pid === undefined ? {} : { pid }),
  };
}

/**
 * Starts the cluster where it does not run, after a reboot as after a crash, with the data that it had; needs no
 * password. Returns its port, and undefined where there is no cluster.
 *
 * @param mayChangePort where another program has its port: take another one, or refuse. Only a caller who tells
 * everybody who knows the port may say true; `pulumi up` does, by its outputs
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
  const start = (): Promise<number | undefined> => startUnderLock(place, mayChangePort);
  return sayingFullDisk(what, place.home, start);
}

function startUnderLock(place: Place, mayChangePort: boolean): Promise<number | undefined> {
  return withLock(place.lockFile, async () => {
    const marker = readMarker(place.markerFile);
    if (marker?.state !== "ready") {
      return undefined;
    }
    const current = dataDirectoryOf(place, marker);
    if (postmasterOf(current) !== undefined && portInFile(current) !== readPort(place)) {
      // Its port was given up while it ran.
      await stopServer(current);
    }
    const { dataDirectory, binaries } = await deploy(place, marker);
    return startOnItsPort(place, { dataDirectory, binaries, mayChange: mayChangePort });
  });
}

/**
 * Stops the server and takes its data back into the checkout: nothing of it is left outside. Returns whether it
 * ran.
 *
 * @throws EMBEDDED_FAILED
 */
export async function stopCluster(place: Place): Promise<boolean> {
  if (!existsSync(place.markerFile)) {
    return false;
  }
  const what = `taking the data of stack "${place.stack}" back into the checkout`;
  return sayingFullDisk(what, place.home, () => stopUnderLock(place));
}

function stopUnderLock(place: Place): Promise<boolean> {
  return withLock(place.lockFile, async () => {
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
  });
}

/**
 * Stops the server and removes its files, and nothing else: what others put into its folder stays. Does nothing where
 * there is no folder.
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
