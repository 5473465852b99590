import { existsSync, readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { Fault, fault, messageOf } from "../../base/fault";
import { isLocked, withLock } from "../../base/lock";
import { newNameFor, replaceFile } from "../../base/replaceFile";
import { sha256 } from "../../base/sha256";
import type { PostgresMajor } from "../../postgres/majors";
import { createFolders } from "../folder/folders";
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
import { isDiskFull } from "../system/fullDisk";
import { baselineFolder, provision, provisionContents } from "./provision";
import { removeCluster } from "./remove";

/** Raised by a change of this file that makes another data directory of the same contents. */
const FORMAT = 1;

/** How often a copy is tried; its original may be damaged, or be removed by another process meanwhile. */
const COPY_ATTEMPTS = 3;

/** What `keyOf` gives. */
const KEY = /^\d+-\d+-(?:clean-)?[0-9a-f]{16}$/;

/** What a prepared data directory holds: the development baseline, or only what initdb makes. */
type Contents = "baseline" | "clean";

type OnProgress = (message: string) => void;

export interface CopyRequest {
  readonly checkout: string;
  readonly contents: Contents;
  readonly binaries: Binaries;
  /** Nothing is there yet. */
  readonly dataDirectory: string;
}

/**
 * Copies the checkout's prepared data directory of that major to a place where nothing is; makes it first where it is
 * missing. Nobody can log in to a server on the copy: nobody knows a password of its logins. The copy is not on disk yet.
 *
 * All copies have the system identifier of their original. A server of this kind says itself that it needs no approval;
 * the identifier goes into plans (`makePlan.ts`) and from there into approvals alone, and nothing else reads it. So it
 * matters only where somebody has taken that mark off two such servers: an approval for one holds for the other if
 * stack, port, history and catalog are the same, too. For a database worth protecting, make another kind of server.
 *
 * A prepared one that is damaged is removed and made again.
 *
 * @throws EMBEDDED_FAILED where it cannot be made
 */
export async function copyPrepared(
  { checkout, contents, binaries, dataDirectory }: CopyRequest,
  onProgress: OnProgress = () => undefined,
): Promise<void> {
  const [shortVersion = ""] = binaries.version.split("-");
  for (let attempt = 1; ; attempt++) {
    const prepared = await ensurePrepared(binaries.major, checkout, contents, onProgress);
    onProgress(`copying the prepared data directory of PostgreSQL ${shortVersion}`);
    try {
      await copyWhole(prepared, dataDirectory);
      return;
    } catch (error) {
      if (attempt === COPY_ATTEMPTS || isDiskFull(error, dirname(dataDirectory))) {
        throw error;
      }
      // Where another process removed it meanwhile, nothing is damaged.
      if (isReady(prepared)) {
        onProgress("removing the prepared data directory, whose files were changed");
        await removeCluster(prepared);
      }
    }
  }
}

/** @throws EMBEDDED_FAILED, with nothing left of the copy, where it has not the files that were prepared */
async function copyWhole(prepared: Place, dataDirectory: string): Promise<void> {
  const file = listingFile(prepared);
  const listing = existsSync(file) ? readFileSync(file, "utf8") : "";
  await copyFolder(prepared.dataAtHome, dataDirectory);
  if (listing !== listingDigest(dataDirectory)) {
    remove(dataDirectory);
    throw fault("EMBEDDED_FAILED", {
      what: `copying "${displayPath(prepared)}"`,
      found: "files that were changed since it was prepared",
      remedy: "Remove that folder; it will be prepared again",
    });
  }
}

/**
 * Removes half-made data directories, with any server that runs on one, whose process was killed. What cannot be removed
 * stays for the next time: the stack that is stopped or destroyed now does not need it.
 */
export async function removeAbandoned(checkout: string): Promise<void> {
  await removeWhere(checkout, (prepared) => !isLocked(prepared.lockFile), isHalfMade);
}

/** Of several at once, one makes it, and the others wait. */
async function ensurePrepared(
  major: PostgresMajor,
  checkout: string,
  contents: Contents,
  onProgress: OnProgress,
): Promise<Place> {
  const prepared = preparedPlace(keyOf(major, checkout, contents), checkout);
  if (isReady(prepared)) {
    return prepared;
  }
  try {
    await withLock(prepared.lockFile, async () => {
      if (!isReady(prepared)) {
        onProgress("preparing a data directory that further servers are copied from");
        await prepare(prepared, major, contents);
      }
    });
  } catch (error) {
    await removeCluster(prepared, isHalfMade).catch(() => undefined);
    throw error instanceof Fault ? error : cannotPrepare(prepared, error);
  }
  // Another baseline or version of PostgreSQL has made those of the same major, account and contents useless.
  const kind = kindOf(prepared.stack);
  await removeWhere(checkout, ({ stack }) => kindOf(stack) === kind && stack !== prepared.stack);
  return prepared;
}

/** Makes it by initdb. The password that initdb wants is known to nobody afterwards. */
async function prepare(prepared: Place, major: PostgresMajor, contents: Contents): Promise<void> {
  const folders = await createFolders(prepared, major);
  const { binaries, account, dataDirectory, marker } = folders;
  const superuserPassword = generatePassword();
  const next = newNameFor(dataDirectory);
  await initdb({ binaries, account, dataDirectory: next, superuserPassword });
  renameSync(next, dataDirectory);
  if (contents === "baseline") {
    const start = { dataDirectory, binaries, mayChange: true };
    const port = await startOnItsPort(prepared, start);
    const baseline = baselineFolder(join(prepared.checkout, "sql"));
    await provision({ baseline, port, superuserPassword });
    await stopServer(dataDirectory);
  }
  const atHome = await moveDataHome(prepared, marker);
  for (const file of [prepared.logFile, prepared.portFile]) {
    remove(file);
  }
  replaceFile(listingFile(prepared), listingDigest(prepared.dataAtHome));
  await syncFolder(prepared.home);
  writeMarker(prepared.markerFile, { ...atHome, state: "ready" });
}

async function removeWhere(
  checkout: string,
  isUseless: (prepared: Place) => boolean,
  mayRemove?: (marker: Marker) => boolean,
): Promise<void> {
  for (const prepared of preparedPlaces(checkout)) {
    try {
      if (isUseless(prepared)) {
        await removeCluster(prepared, mayRemove);
      }
    } catch {
      // It belongs to another user, or is in use, and stays.
    }
  }
}

/**
 * Names a prepared data directory: the major, the account that owns it, and the digest of all that shapes it. Where one
 * of them is another, so is the name.
 */
function keyOf(major: PostgresMajor, checkout: string, kind: Contents): string {
  const { uid } = serverAccount();
  const shape = {
    format: FORMAT,
    version: findBinaries(major, checkout).version,
    machine: [process.platform, process.arch],
    initdb: initdbArguments(major),
    contents: kind === "clean" ? kind : provisionContents(baselineFolder(join(checkout, "sql"))),
  };
  const digest = sha256(JSON.stringify(shape)).slice(0, 16);
  return [major, uid, ...(kind === "clean" ? [kind] : []), digest].join("-");
}

function kindOf(key: string): string {
  return key.split("-").slice(0, -1).join("-");
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

function isHalfMade(marker: Marker): boolean {
  return marker.state === "making";
}

function cannotPrepare(prepared: Place, cause: unknown): Fault {
  return fault("EMBEDDED_FAILED", {
    what: `preparing "${displayPath(prepared)}"`,
    found: messageOf(cause),
    remedy: "Let this user write to the folder .v7 of the checkout",
    cause,
  });
}

/** Its removal begins with the marker's or the data's name. */
function isReady(prepared: Place): boolean {
  return readMarker(prepared.markerFile)?.state === "ready" && existsSync(prepared.dataAtHome);
}

function listingFile(prepared: Place): string {
  return join(prepared.home, "listing");
}
