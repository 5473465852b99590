import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { fault } from "../fault";
import { isRoot, serverAccount } from "./account";
import { findBinaries, type PostgresMajor } from "./binaries";
import { initdb } from "./initdb";
import { isLeftover, newNameFor, remove, removeLeftovers } from "./leftovers";
import {
  awayFolderFor,
  binariesIn,
  dataDirectoryOf,
  deploy,
  makeAwayFolder,
  removeAway,
} from "./location";
import { withLock } from "./lock";
import { type Marker, newMarker, readMarker, writeMarker } from "./marker";
import { displayPath, type Place } from "./place";
import { provision, readServerVersion } from "./provision";
import { generatePassword } from "./scram";
import { stopServer } from "./server";
import { replacePasswords } from "./singleUser";
import { startOnItsPort } from "./start";

/** What a caller needs to log in. The passwords are nowhere else: only their verifiers are kept, by the server. */
export interface ClusterAccess {
  readonly port: number;
  readonly password: string;
  readonly superuserPassword: string;
  readonly serverVersion: string;
}

/**
 * Makes the stack's cluster and starts it. A half-made one of an interrupted attempt is made anew. A finished one, of
 * a stack whose state was lost, keeps its data and gets new passwords.
 *
 * @param onProgress is told what is being done
 * @throws EMBEDDED_FAILED where the folder holds something else, or a finished cluster of another major
 */
export async function createCluster(
  place: Place,
  major: PostgresMajor,
  onProgress: (message: string) => void = () => undefined,
): Promise<ClusterAccess> {
  const passwords = { password: generatePassword(), superuserPassword: generatePassword() };
  return withLock(place.lockFile, async () => {
    const marker = readMarker(place.markerFile);
    const make = marker?.state === "ready" ? adopt(marker) : build(marker);
    const port = await make(place, major, passwords, onProgress);
    return {
      port,
      ...passwords,
      serverVersion: await readServerVersion(port, passwords.superuserPassword),
    };
  });
}

type Passwords = Pick<ClusterAccess, "password" | "superuserPassword">;

type Make = (
  place: Place,
  major: PostgresMajor,
  passwords: Passwords,
  onProgress: (message: string) => void,
) => Promise<number>;

function build(halfMade: Marker | undefined): Make {
  return async (place, major, passwords, onProgress) => {
    await clearAway(place, halfMade);
    const binaries = findBinaries(major, place.checkout);
    const account = serverAccount();
    makeHome(place);
    const id = halfMade?.id ?? randomBytes(8).toString("hex");
    const away = awayFolderFor(place, id, account, binaries);
    const base = newMarker({ id, stack: place.stack, major });
    const marker = away === undefined ? base : { ...base, away };
    writeMarker(place.markerFile, marker);
    if (away !== undefined) {
      makeAwayFolder(place, away, marker);
    }
    const usable = away === undefined ? binaries : await binariesIn(away, binaries);
    const dataDirectory = dataDirectoryOf(place, marker);
    onProgress(`making a PostgreSQL ${binaries.version.split("-")[0] ?? ""} data directory`);
    const { superuserPassword } = passwords;
    const next = newNameFor(dataDirectory);
    await initdb({ binaries: usable, account, dataDirectory: next, superuserPassword });
    renameSync(next, dataDirectory);
    onProgress("starting PostgreSQL");
    const port = await startOnItsPort(place, { dataDirectory, binaries: usable, mayChange: true });
    onProgress("preparing the database (sql/dev_baseline)");
    await provision({ checkout: place.checkout, port, ...passwords });
    writeMarker(place.markerFile, { ...marker, state: "ready" });
    return port;
  };
}

function adopt(found: Marker): Make {
  return async (place, major, { password, superuserPassword }, onProgress) => {
    if (found.major !== major) {
      throw fault("EMBEDDED_FAILED", {
        what: `making the embedded PostgreSQL of stack "${place.stack}"`,
        found: `data of PostgreSQL ${found.major} in "${displayPath(place)}"`,
        expected: `PostgreSQL ${major}`,
        remedy: `Set v7:postgresMajor to ${found.major}, or destroy the stack, and with it the data`,
      });
    }
    onProgress("taking over the data that is there, with new passwords");
    await stopServer(dataDirectoryOf(place, found));
    const { dataDirectory, binaries } = await deploy(place, found);
    const passwords = { supabase_admin: superuserPassword, postgres: password };
    await replacePasswords(binaries, dataDirectory, passwords);
    return startOnItsPort(place, { dataDirectory, binaries, mayChange: true });
  };
}

/** Removes what an interrupted attempt left; refuses a folder that is not known as ours. */
async function clearAway(place: Place, halfMade: Marker | undefined): Promise<void> {
  if (halfMade === undefined) {
    const strange = existsSync(place.home) ? readdirSync(place.home) : [];
    if (strange.some((name) => !isLeftover(name))) {
      throw fault("EMBEDDED_FAILED", {
        what: `making the embedded PostgreSQL of stack "${place.stack}"`,
        found: `a folder "${displayPath(place)}" that is not ours (no cluster.json in it)`,
        remedy: "Look what it is, and move it away",
      });
    }
    return;
  }
  const dataDirectory = dataDirectoryOf(place, halfMade);
  await stopServer(dataDirectory);
  removeAway(halfMade);
  removeLeftovers(place.home);
  remove(place.dataAtHome);
  remove(place.logFile);
}

/** Nobody else may look into the folder; only the account of the server may pass through it, where that is another. */
function makeHome(place: Place): void {
  mkdirSync(dirname(place.home), { recursive: true });
  mkdirSync(place.home, { recursive: true });
  chmodSync(place.home, isRoot() ? 0o711 : 0o700);
}
