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

/** What of ours can be in a place's folder besides the marker, which goes last. */
function filesOf({ home, dataAtHome, logFile, portFile }: Place): string[] {
  return [dataAtHome, logFile, `${logFile}.1`, portFile, join(home, "listing")];
}

/**
 * Stops the server of a place and removes its files, and nothing else: what others put into its folder stays. Does
 * nothing where there is no folder. Interrupted at any moment, it is finished by the next removal, or by the next making.
 *
 * @param isMeant asked under the lock whether this is still the one to remove
 * @throws EMBEDDED_FAILED for a folder that does not carry our marker
 */
export async function removeCluster(
  place: Place,
  isMeant: (marker: Marker) => boolean = () => true,
): Promise<void> {
  // A process that was killed at its very beginning left its lock alone.
  if (!existsSync(place.home) && lockOwner(place.lockFile) === undefined) {
    return;
  }
  await withLock(place.lockFile, async () => {
    const marker = readMarker(place.markerFile);
    if (marker === undefined) {
      removeUnmarked(place);
    } else if (isMeant(marker)) {
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

/** From here on there is no finished cluster: whoever comes after a kill does not look for its data. */
function abandonFolder(place: Place, marker: Marker): void {
  try {
    writeMarker(place.markerFile, { ...marker, state: "making" });
  } catch (error) {
    // A removal makes room, and must not need any.
    if (!isDiskFull(error, place.home)) {
      throw error;
    }
  }
}

/** What is left where the process was killed before it wrote the marker, or after it removed it. */
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
