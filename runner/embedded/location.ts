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
import { fault } from "../fault";
import { type Account, canUse, isRoot, ownerOf } from "./account";
import { type Binaries, findBinaries, programPath } from "./binaries";
import { newNameFor, remove, removeLeftovers } from "./leftovers";
import { type Marker, readMarker, writeMarker } from "./marker";
import { displayPath, type Place } from "./place";
import { bootId } from "./processes";
import { runProgram } from "./program";

/** Where root puts the data and programs of a server whose account cannot enter the checkout. */
const AWAY_PARENT = "/var/lib/v7";
const AWAY_MARKER = "cluster.json";

/** Where the data is, by the marker. */
export function dataDirectoryOf(place: Place, marker: Marker): string {
  return marker.away === undefined ? place.dataAtHome : join(marker.away, "data");
}

/** The folder outside the checkout where a new cluster must be; undefined where it can be at home. */
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
 * Puts the data where the server can reach it, and returns it with programs that the server can run. Called where the
 * server does not run. A crash at any moment leaves the data whole in the one place that the marker names.
 *
 * @throws EMBEDDED_FAILED where the data is not where the marker says
 */
export async function deploy(
  place: Place,
  found: Marker,
): Promise<{ marker: Marker; dataDirectory: string; binaries: Binaries }> {
  const marker = whereDataIs(place, found);
  const binaries = findBinaries(marker.major, place.checkout);
  const dataDirectory = dataDirectoryOf(place, marker);
  removeLeftovers(place.home);
  if (marker.away !== undefined) {
    removeLeftovers(marker.away);
    remove(place.dataAtHome);
    return { marker, dataDirectory, binaries: await binariesIn(marker.away, binaries) };
  }
  const away = awayFolderFor(place, marker.id, ownerOf(dataDirectory), binaries);
  if (away === undefined) {
    return { marker, dataDirectory, binaries };
  }
  makeAwayFolder(place, away, marker);
  await moveData(dataDirectory, join(away, "data"));
  const moved = { ...marker, away };
  writeMarker(place.markerFile, moved);
  remove(dataDirectory);
  return {
    marker: moved,
    dataDirectory: join(away, "data"),
    binaries: await binariesIn(away, binaries),
  };
}

/**
 * Takes the data back into the checkout, and removes everything of this cluster outside it. Called where the server
 * does not run.
 */
export async function takeBack(place: Place, found: Marker): Promise<Marker> {
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

/** Makes the folder outside the checkout; it may be there from an attempt that was interrupted. */
export function makeAwayFolder(place: Place, away: string, marker: Marker): void {
  mkdirSync(AWAY_PARENT, { recursive: true, mode: 0o711 });
  const parent = lstatSync(AWAY_PARENT);
  if (!isRoot() || !parent.isDirectory() || parent.uid !== 0) {
    throw fault("EMBEDDED_FAILED", {
      what: `making "${away}"`,
      found: `"${AWAY_PARENT}", which is not a folder of root's`,
      remedy: "Move it away",
    });
  }
  chmodSync(AWAY_PARENT, 0o711);
  if (existsSync(away)) {
    return;
  }
  // Its marker comes with it: a folder without one is never removed.
  const next = newNameFor(away);
  mkdirSync(next, { mode: 0o711 });
  chmodSync(next, 0o711);
  writeMarker(join(next, AWAY_MARKER), { ...marker, home: place.home });
  renameSync(next, away);
}

/** Removes what this cluster has outside the checkout, also what an interrupted removal left there. */
export function removeAway(marker: Marker): void {
  const away = marker.away ?? join(AWAY_PARENT, marker.id);
  if (!isRoot()) {
    // Nobody else puts anything there.
    if (marker.away !== undefined) {
      throw fault("EMBEDDED_FAILED", {
        what: `removing "${away}"`,
        found: "that root put it there",
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
      remedy: "Look what it is, and remove it by hand",
    });
  }
  for (const name of readdirSync(away).filter((one) => one !== AWAY_MARKER)) {
    remove(join(away, name));
  }
  // Last, so that what is left of an interrupted removal is still known as ours.
  remove(away);
  if (readdirSync(AWAY_PARENT).length === 0) {
    rmdirSync(AWAY_PARENT);
  }
}

/**
 * That package's programs in the folder; those of another version go. Copied anew after each boot: nobody waits until
 * they are on disk.
 */
export async function binariesIn(away: string, binaries: Binaries): Promise<Binaries> {
  const name = `binaries-${binaries.version}-${bootId()}`;
  const folder = join(away, name);
  if (!existsSync(folder)) {
    for (const other of readdirSync(away).filter((one) => one.startsWith("binaries-"))) {
      remove(join(away, other));
    }
    const next = newNameFor(folder);
    const run = { what: `copying PostgreSQL's programs to "${folder}"`, cwd: "/" };
    await runProgram("cp", ["-R", "-P", "--", binaries.folder, next], run);
    await runProgram("chmod", ["-R", "a+rX", next], run);
    renameSync(next, folder);
  }
  return { ...binaries, folder };
}

/**
 * Brings data to another place: by renaming, or on another file system by a copy with owners and modes, which has its
 * name only once it is whole and on disk. Until the marker names the new place, what is there under that name is of an
 * interrupted move, and goes.
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
    const run = { what: `copying "${from}" to "${to}"`, cwd: "/" };
    await runProgram("cp", ["-a", "--", from, next], run);
    await runProgram("/bin/sh", ["-c", 'sync -f "$1" 2>/dev/null || sync', "sh", next], run);
    renameSync(next, to);
  }
}

/**
 * The marker, corrected where a move by renaming was interrupted: then the data are not where it says, but at the other
 * place. Where there are data at both, the marker is right.
 *
 * @throws EMBEDDED_FAILED where they are at neither, or belong to another user
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
    remedy: "Bring it back from a backup, or destroy the stack to begin anew",
  });
}
