import { existsSync, readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { fault } from "../../base/fault";
import { isLocked, withLock } from "../../base/lock";
import { newNameFor, replaceFile } from "../../base/replaceFile";
import { sha256 } from "../../base/sha256";
import type { PostgresMajor } from "../../postgres/majors";
import { removeFolders, createFolders } from "../folder/folders";
import { remove } from "../folder/leftovers";
import { moveDataHome } from "../folder/location";
import { type Marker, readMarker, writeMarker } from "../folder/marker";
import { displayPath, type Place, preparedFolder, preparedPlace } from "../folder/place";
import { type Binaries, findBinaries } from "../server/binaries";
import { initdb, initdbArguments } from "../server/initdb";
import { generatePassword } from "../server/scram";
import { stopServer } from "../server/server";
import { startOnItsPort } from "../server/start";
import { serverAccount } from "../system/account";
import { copyFolder, listingDigest, syncFolder } from "../system/copyFolder";
import { baselineFolder, provision, provisionContents } from "./provision";
import { removeCluster } from "./remove";

/** Raised by a change of this file that makes another data directory of the same contents. */
const FORMAT = 1;

/** How often a copy is begun again whose original was removed meanwhile. */
const COPY_ATTEMPTS = 3;

/** What `keyOf` gives. */
const KEY = /^\d+-\d+-[0-9a-f]{16}$/;

type OnProgress = (message: string) => void;

/**
 * Copies the checkout's prepared data directory of that major, with the development baseline in it, to a place where
 * nothing is; makes it first where it is missing. Nobody can log in to a server on the copy: none of its logins has a
 * password. The copy is not on disk yet.
 *
 * All copies have the system identifier of their original. A server of this kind says itself that it needs no approval;
 * the identifier goes into plans (`makePlan.ts`) and from there into approvals alone, and nothing else reads it. So it
 * matters only where somebody has taken that mark off two such servers: an approval for one holds for the other if
 * stack, port, history and catalog are the same, too. For a database worth protecting, make another kind of server.
 *
 * @throws EMBEDDED_FAILED where it cannot be made, or is damaged
 */
export async function copyPrepared(
  { place, binaries, dataDirectory }: { place: Place; binaries: Binaries; dataDirectory: string },
  onProgress: OnProgress,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const prepared = await ensurePrepared(binaries.major, place.checkout, onProgress);
    onProgress(`copying the prepared data directory of ${versionOf(binaries)}`);
    const file = listingFile(prepared);
    const listing = existsSync(file) ? readFileSync(file, "utf8") : "";
    try {
      await copyFolder(prepared.dataAtHome, dataDirectory);
      if (listing === listingDigest(dataDirectory)) {
        return;
      }
      remove(dataDirectory);
      throw fault("EMBEDDED_FAILED", {
        what: `copying "${displayPath(prepared)}"`,
        found: "files that were changed since it was prepared",
        remedy: "Remove that folder; it will be prepared again",
      });
    } catch (error) {
      // Its removal begins with the marker's or the data's name, so a copy of half of it is noticed here.
      const isGone = !isReady(prepared) || !existsSync(prepared.dataAtHome);
      if (!isGone || attempt === COPY_ATTEMPTS) {
        throw error;
      }
    }
  }
}

/** Removes the prepared data directory of that major, so that the next one is made anew. */
export async function dropPrepared(major: PostgresMajor, checkout: string): Promise<void> {
  await removeCluster(preparedPlace(keyOf(major, checkout), checkout));
}

/**
 * Removes what processes left that were killed while they prepared a data directory: a server that still runs, too. What
 * cannot be removed stays for the next time: it is no concern of the stack's that is stopped or destroyed now.
 */
export async function removeAbandoned(checkout: string): Promise<void> {
  await removeWhere(
    checkout,
    (prepared) => !isLocked(prepared.lockFile),
    (marker) => marker.state === "making",
  );
}

/** What a user reads of a major: "PostgreSQL 17.10.0". */
export function versionOf(binaries: Binaries): string {
  return `PostgreSQL ${binaries.version.split("-")[0] ?? ""}`;
}

/** Of several at once, one makes it, and the others wait. */
async function ensurePrepared(
  major: PostgresMajor,
  checkout: string,
  onProgress: OnProgress,
): Promise<Place> {
  const prepared = preparedPlace(keyOf(major, checkout), checkout);
  if (isReady(prepared)) {
    return prepared;
  }
  await withLock(prepared.lockFile, async () => {
    if (!isReady(prepared)) {
      onProgress("preparing a data directory that further servers are copied from");
      await prepare(prepared, major);
    }
  });
  await removeOlder(prepared, checkout);
  return prepared;
}

/** The old way once, stopped cleanly, with no login that has a password. */
async function prepare(prepared: Place, major: PostgresMajor): Promise<void> {
  try {
    const folders = await createFolders(prepared, major);
    const { binaries, account, dataDirectory, marker } = folders;
    const superuserPassword = generatePassword();
    const next = newNameFor(dataDirectory);
    await initdb({ binaries, account, dataDirectory: next, superuserPassword, sync: false });
    renameSync(next, dataDirectory);
    const start = { dataDirectory, binaries, mayChange: true };
    const port = await startOnItsPort(prepared, start);
    await provision({
      baseline: baselineFolder(join(prepared.checkout, "sql")),
      port,
      superuserPassword,
    });
    await stopServer(dataDirectory);
    const atHome = await moveDataHome(prepared, marker);
    for (const file of [prepared.logFile, prepared.portFile]) {
      remove(file);
    }
    replaceFile(listingFile(prepared), listingDigest(prepared.dataAtHome));
    await syncFolder(prepared.home);
    writeMarker(prepared.markerFile, { ...atHome, state: "ready" });
  } catch (error) {
    const marker = readMarker(prepared.markerFile);
    if (marker !== undefined) {
      await removeFolders(prepared, marker);
    }
    throw error;
  }
}

/** Removes those of the same major and account that another baseline or version of PostgreSQL has made useless. */
async function removeOlder(prepared: Place, checkout: string): Promise<void> {
  const kind = kindOf(prepared.stack);
  await removeWhere(checkout, ({ stack }) => kindOf(stack) === kind && stack !== prepared.stack);
}

async function removeWhere(
  checkout: string,
  isOne: (prepared: Place) => boolean,
  isMeant?: (marker: Marker) => boolean,
): Promise<void> {
  for (const prepared of preparedPlaces(checkout)) {
    try {
      if (isOne(prepared)) {
        await removeCluster(prepared, isMeant);
      }
    } catch {
      // Somebody else's, or in use: it harms nobody.
    }
  }
}

/**
 * Names a prepared data directory: the major, the account that owns it, and the digest of all that shapes it. Where one
 * of them is another, so is the name.
 */
function keyOf(major: PostgresMajor, checkout: string): string {
  const { uid } = serverAccount();
  const shape = {
    format: FORMAT,
    version: findBinaries(major, checkout).version,
    machine: [process.platform, process.arch],
    initdb: initdbArguments(major),
    contents: provisionContents(baselineFolder(join(checkout, "sql"))),
  };
  return `${major}-${uid}-${sha256(JSON.stringify(shape)).slice(0, 16)}`;
}

function kindOf(key: string): string {
  return key.split("-").slice(0, 2).join("-");
}

/** All that have a folder, or only the lock of a process that was killed at its very beginning. */
function preparedPlaces(checkout: string): Place[] {
  const folder = preparedFolder(checkout);
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  const names = (isFolder ? readdirSync(folder) : [])
    .map((name) => /^\.(.*)\.lock$/.exec(name)?.[1] ?? name)
    .filter((name) => KEY.test(name));
  return [...new Set(names)].map((name) => preparedPlace(name, checkout));
}

function isReady(prepared: Place): boolean {
  return readMarker(prepared.markerFile)?.state === "ready";
}

function listingFile(prepared: Place): string {
  return join(prepared.home, "listing");
}
