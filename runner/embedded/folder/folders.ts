import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { dirname } from "node:path";
import { fault } from "../../base/fault";
import type { PostgresMajor } from "../../postgres/majors";
import { type Binaries, findBinaries } from "../server/binaries";
import { stopServer } from "../server/server";
import { type Account, isRoot, serverAccount } from "../system/account";
import { isLeftover, remove, removeLeftovers } from "./leftovers";
import { awayFolderFor, binariesIn, dataDirectoryOf, makeAwayFolder, removeAway } from "./location";
import { type Marker, newMarker, readMarker, writeMarker } from "./marker";
import { displayPath, type Place } from "./place";

/** A place that is ready for a new data directory. */
export interface Folders {
  /** Its state is `making`. */
  readonly marker: Marker;
  readonly account: Account;
  /** Programs that the account can run. */
  readonly binaries: Binaries;
  /** Its path; it does not exist yet. */
  readonly dataDirectory: string;
}

/**
 * Makes a place ready for a new data directory: removes what an interrupted attempt left, and writes the marker before any
 * other file. Called under the place's lock.
 *
 * @throws EMBEDDED_FAILED for a folder that does not carry our marker
 */
export async function createFolders(place: Place, major: PostgresMajor): Promise<Folders> {
  const halfMade = readMarker(place.markerFile);
  await removeFolders(place, halfMade);
  const found = findBinaries(major, place.checkout);
  const account = serverAccount();
  makeHome(place);
  const id = halfMade?.id ?? randomBytes(8).toString("hex");
  const away = awayFolderFor(place, id, account, found);
  const marker = newMarker({ id, stack: place.stack, major, away });
  writeMarker(place.markerFile, marker);
  if (away !== undefined) {
    makeAwayFolder(place, away, marker);
  }
  const binaries = away === undefined ? found : await binariesIn(away, found);
  return { marker, account, binaries, dataDirectory: dataDirectoryOf(place, marker) };
}

/**
 * Stops the server of an interrupted attempt and removes its files, except the marker.
 *
 * @throws EMBEDDED_FAILED for a folder that does not carry our marker
 */
export async function removeFolders(place: Place, halfMade: Marker | undefined): Promise<void> {
  if (halfMade === undefined) {
    refuseForeignFolder(place, "making", "Find out what it is, and move it away");
    return;
  }
  await stopServer(dataDirectoryOf(place, halfMade));
  removeAway(halfMade);
  removeLeftovers(place.home);
  remove(place.dataAtHome);
  remove(place.logFile);
}

/**
 * Refuses a place without a marker that has other files than an interrupted attempt leaves.
 *
 * @throws EMBEDDED_FAILED
 */
export function refuseForeignFolder(place: Place, doing: string, remedy: string): void {
  const names = existsSync(place.home) ? readdirSync(place.home) : [];
  if (names.some((name) => !isLeftover(name))) {
    throw fault("EMBEDDED_FAILED", {
      what: `${doing} the embedded PostgreSQL of stack "${place.stack}"`,
      found: `a folder "${displayPath(place)}" that is not ours (no cluster.json in it)`,
      remedy,
    });
  }
}

/** Makes the folder, which others cannot list. As root it lets others pass through, since the server has another account. */
function makeHome(place: Place): void {
  mkdirSync(dirname(place.home), { recursive: true });
  mkdirSync(place.home, { recursive: true });
  chmodSync(place.home, isRoot() ? 0o711 : 0o700);
}
