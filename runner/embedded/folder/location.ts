import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fault } from "../../base/fault";
import { bootId } from "../../base/processes";
import { newNameFor } from "../../base/replaceFile";
import { type Binaries, findBinaries, programPath } from "../server/binaries";
import { type Account, canUse, isRoot, ownerOf } from "../system/account";
import { copyFolder, linkFolder, syncFolder } from "../system/copyFolder";
import { runProgram } from "../system/program";
import { remove, removeLeftovers } from "./leftovers";
import { type Marker, readMarker, writeMarker } from "./marker";
import { displayPath, type Place } from "./place";

/** As root, the folder for data and programs of a server whose account cannot enter the checkout. */
const AWAY_PARENT = "/var/lib/v7";
const AWAY_MARKER = "cluster.json";

/** The path of the data, by the marker. */
export function dataDirectoryOf(place: Place, marker: Marker): string {
  return marker.away === undefined ? place.dataAtHome : join(marker.away, "data");
}

/** The folder outside the checkout for a cluster whose account cannot use the checkout; undefined where it can. */
export function awayFolderFor(
  place: Place,
  id: string,
  account: Account,
  binaries: Binaries,
): string | undefined {
  const isReachable = canUse(account, place.home, programPath(binaries, "postgres"));
  return isReachable ? undefined : join(AWAY_PARENT, id);
}

/**
 * Moves the data to where the server can reach it, and returns its path with programs that the server can run. Called while
 * the server does not run. After a crash at any moment the data is complete at the place that the marker names.
 *
 * @throws EMBEDDED_FAILED where the data is not where the marker says
 */
export async function deploy(
  place: Place,
  found: Marker,
): Promise<{ dataDirectory: string; binaries: Binaries }> {
  const marker = whereDataIs(place, found);
  const binaries = findBinaries(marker.major, place.checkout);
  const dataDirectory = dataDirectoryOf(place, marker);
  removeLeftovers(place.home);
  if (marker.away !== undefined) {
    removeLeftovers(marker.away);
    remove(place.dataAtHome);
    return { dataDirectory, binaries: await binariesIn(marker.away, binaries) };
  }
  const away = awayFolderFor(place, marker.id, ownerOf(dataDirectory), binaries);
  if (away === undefined) {
    return { dataDirectory, binaries };
  }
  makeAwayFolder(place, away, marker);
  await moveData(dataDirectory, join(away, "data"));
  writeMarker(place.markerFile, { ...marker, away });
  remove(dataDirectory);
  return { dataDirectory: join(away, "data"), binaries: await binariesIn(away, binaries) };
}

/**
 * Moves the data back into the checkout, and removes everything of this cluster outside it. Called while the server does
 * not run.
 */
export async function moveDataHome(place: Place, found: Marker): Promise<Marker> {
  const marker = whereDataIs(place, found);
  const atHome = { ...marker, away: undefined };
  if (marker.away !== undefined) {
    await moveData(join(marker.away, "data"), place.dataAtHome);
    writeMarker(place.markerFile, atHome);
  }
  removeLeftovers(place.home);
  removeAway(marker);
  return atHome;
}

/** Makes the folder outside the checkout; it may exist from an interrupted attempt. */
export function makeAwayFolder(place: Place, away: string, marker: Marker): void {
  for (let attempt = 1; ; attempt++) {
    try {
      tryMakeAwayFolder(place, away, marker);
      return;
    } catch (error) {
      // Another stack removed the empty parent folder at that moment.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || attempt === 5) {
        throw error;
      }
    }
  }
}

function tryMakeAwayFolder(place: Place, away: string, marker: Marker): void {
  mkdirSync(AWAY_PARENT, { recursive: true, mode: 0o711 });
  const parent = lstatSync(AWAY_PARENT);
  if (!isRoot() || !parent.isDirectory() || parent.uid !== 0) {
    throw fault("EMBEDDED_FAILED", {
      what: `making "${away}"`,
      found: `"${AWAY_PARENT}", which is not a folder of root's`,
      remedy: "Move that folder away",
    });
  }
  chmodSync(AWAY_PARENT, 0o711);
  if (existsSync(away)) {
    return;
  }
  // The folder appears together with its marker: a folder without a marker would never be removed.
  const next = newNameFor(away);
  mkdirSync(next, { mode: 0o711 });
  chmodSync(next, 0o711);
  try {
    writeMarker(join(next, AWAY_MARKER), { ...marker, home: place.home });
    renameSync(next, away);
  } catch (error) {
    remove(next);
    throw error;
  }
}

/** Removes the cluster's files outside the checkout, also those that an interrupted removal left. */
export function removeAway(marker: Marker): void {
  const away = marker.away ?? join(AWAY_PARENT, marker.id);
  if (!isRoot()) {
    // Only root creates folders there.
    if (marker.away !== undefined) {
      throw fault("EMBEDDED_FAILED", {
        what: `removing "${away}"`,
        found: "a folder that root created",
        remedy: "Run this as root",
      });
    }
    return;
  }
  removeLeftovers(AWAY_PARENT, marker.id);
  if (!existsSync(away)) {
    return;
  }
  if (dirname(away) !== AWAY_PARENT || readMarker(join(away, AWAY_MARKER))?.id !== marker.id) {
    throw fault("EMBEDDED_FAILED", {
      what: `removing "${away}"`,
      found: "a folder without this cluster's marker",
      remedy: "Find out what it is, and remove it by hand",
    });
  }
  for (const name of readdirSync(away).filter((one) => one !== AWAY_MARKER)) {
    remove(join(away, name));
  }
  // The marker goes last, so that the rest of an interrupted removal is still recognized as ours.
  remove(away);
  removeEmptyParent();
}

/** Removes the folder that all stacks of the machine share, if it is empty; other processes may make or remove it meanwhile. */
function removeEmptyParent(): void {
  try {
    rmdirSync(AWAY_PARENT);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST", "ENOENT"].includes((error as NodeJS.ErrnoException).code ?? "")) {
      throw error;
    }
  }
}

/**
 * Brings the package's programs into the folder, and removes those of another version. They are brought again after each
 * boot, because they are not synced to disk.
 */
export async function binariesIn(away: string, binaries: Binaries): Promise<Binaries> {
  const name = `binaries-${binaries.version}-${bootId()}`;
  const folder = join(away, name);
  if (!existsSync(folder)) {
    for (const other of readdirSync(away).filter((one) => one.startsWith("binaries-"))) {
      remove(join(away, other));
    }
    const next = newNameFor(folder);
    await bringPrograms(binaries.folder, next);
    renameSync(next, folder);
  }
  return { ...binaries, folder };
}

/**
 * Makes hard links where every user may read the files: these save 60 MB for each server, take no time, and share the
 * original's mode. Elsewhere makes a copy.
 */
async function bringPrograms(from: string, to: string): Promise<void> {
  const run = { what: `bringing PostgreSQL's programs to "${to}"`, cwd: "/" };
  // Finds files that not everybody may read, or not everybody execute although the owner may.
  const isClosed = ["(", "!", "-perm", "-444", "-o", "-perm", "-100", "!", "-perm", "-111", ")"];
  const unreadable = ["-type", "f", ...isClosed, "-print"];
  const isReadable = (await runProgram("find", [from, ...unreadable], run)) === "";
  if (isReadable && (await linkFolder(from, to))) {
    await runProgram("find", [to, "-type", "d", "-exec", "chmod", "a+rx", "{}", "+"], run);
    return;
  }
  await copyFolder(from, to);
  await runProgram("chmod", ["-R", "a+rX", to], run);
}

/**
 * Moves data to another place by renaming; to another file system by a copy with owners and modes, which gets its name once
 * it is complete and on disk. The marker does not name the new place yet, so anything there is from an interrupted move and
 * is removed.
 */
async function moveData(from: string, to: string): Promise<void> {
  remove(to);
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") {
      throw error;
    }
    const next = newNameFor(to);
    await copyFolder(from, next);
    await syncFolder(next);
    renameSync(next, to);
  }
}

/**
 * The marker, corrected where a move by renaming was interrupted: the data is then at the other place. Where both places
 * have data, the marker is right.
 *
 * @throws EMBEDDED_FAILED where neither place has data, or the data belongs to another user
 */
function whereDataIs(place: Place, marker: Marker): Marker {
  const atHome: Marker = { ...marker, away: undefined };
  const moved: Marker = { ...marker, away: marker.away ?? join(AWAY_PARENT, marker.id) };
  for (const one of marker.away === undefined ? [atHome, moved] : [moved, atHome]) {
    const dataDirectory = dataDirectoryOf(place, one);
    if (existsSync(dataDirectory)) {
      ownerOf(dataDirectory);
    }
    if (existsSync(join(dataDirectory, "PG_VERSION"))) {
      if (one.away !== marker.away) {
        writeMarker(place.markerFile, one);
      }
      return one;
    }
  }
  throw fault("EMBEDDED_FAILED", {
    what: `looking for the data of stack "${place.stack}"`,
    found: `none in "${dataDirectoryOf(place, marker)}", where "${displayPath(place)}/cluster.json" says that it is`,
    remedy: "Restore the data from a backup, or destroy the stack and create it again",
  });
}
