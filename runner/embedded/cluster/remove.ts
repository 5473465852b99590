import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { lockOwner, withLock } from "../../base/lock";
import { refuseForeignFolder } from "../folder/folders";
import { remove, removeLeftovers } from "../folder/leftovers";
import { dataDirectoryOf, removeAway } from "../folder/location";
import { type Marker, readMarker, writeMarker } from "../folder/marker";
import type { Place } from "../folder/place";
import { stopServer } from "../server/server";
import { isDiskFull } from "../system/fullDisk";

/** Our files in a place's folder besides the marker, which is removed last. */
function filesOf({ home, dataAtHome, logFile, portFile }: Place): string[] {
  return [dataAtHome, logFile, `${logFile}.1`, portFile, join(home, "listing")];
}

/**
 * Stops the server of a place and removes its own files; other files in its folder stay. Does nothing where there is no
 * folder. If it is interrupted, the next removal or creation finishes it.
 *
 * @param mayRemove called under the lock; returns whether the cluster with this marker may be removed. Default: true
 * @throws EMBEDDED_FAILED for a folder that does not carry our marker
 */
export async function removeCluster(
  place: Place,
  mayRemove: (marker: Marker) => boolean = () => true,
): Promise<void> {
  // A process that was killed early may have left only its lock.
  if (!existsSync(place.home) && lockOwner(place.lockFile) === undefined) {
    return;
  }
  await withLock(place.lockFile, async () => {
    const marker = readMarker(place.markerFile);
    if (marker === undefined) {
      removeUnmarked(place);
    } else if (mayRemove(marker)) {
      await stopServer(dataDirectoryOf(place, marker));
      abandonFolder(place, marker);
      removeAway(marker);
      removeLeftovers(place.home);
      for (const file of [...filesOf(place), place.markerFile]) {
        remove(file);
      }
      removeIfEmpty(place.home);
    }
  });
}

/** Marks the cluster as incomplete, so that nobody expects its data if the removal is interrupted. */
function abandonFolder(place: Place, marker: Marker): void {
  try {
    writeMarker(place.markerFile, { ...marker, state: "making" });
  } catch (error) {
    // On a full disk the removal must still be possible, since it makes room.
    if (!isDiskFull(error, place.home)) {
      throw error;
    }
  }
}

/** Removes the leftovers of a process that was killed before it wrote the marker, or after it removed it. */
function removeUnmarked(place: Place): void {
  refuseForeignFolder(place, "removing", "Find out what it is, and remove it by hand");
  removeLeftovers(place.home);
  removeIfEmpty(place.home);
}

function removeIfEmpty(folder: string): void {
  if (existsSync(folder) && readdirSync(folder).length === 0) {
    rmdirSync(folder);
  }
}
