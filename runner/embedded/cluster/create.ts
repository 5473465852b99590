import { renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fault, messageOf } from "../../base/fault";
import { withLock } from "../../base/lock";
import { newNameFor } from "../../base/replaceFile";
import type { PostgresMajor } from "../../postgres/majors";
import { removeFolders, type Folders, createFolders } from "../folder/folders";
import { remove, removeLeftovers } from "../folder/leftovers";
import { dataDirectoryOf, deploy } from "../folder/location";
import { type Marker, readMarker, writeMarker } from "../folder/marker";
import { displayPath, type Place } from "../folder/place";
import { initdb } from "../server/initdb";
import { generatePassword } from "../server/scram";
import { stopServer } from "../server/server";
import { replacePasswords } from "../server/singleUser";
import { startOnItsPort } from "../server/start";
import { syncFolder } from "../system/copyFolder";
import { isDiskFull, sayingFullDisk } from "../system/fullDisk";
import { copyPrepared, dropPrepared, versionOf } from "./prepared";
import { baselineFolder, noteStack, provision, readServerVersion } from "./provision";

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
  onProgress: OnProgress = () => undefined,
): Promise<ClusterAccess> {
  const what = `making the embedded PostgreSQL of stack "${place.stack}"`;
  const passwords = { password: generatePassword(), superuserPassword: generatePassword() };
  return sayingFullDisk(what, place.home, () =>
    withLock(place.lockFile, async () => {
      const marker = readMarker(place.markerFile);
      const make = marker?.state === "ready" ? adopt(marker) : build;
      try {
        const port = await make(place, major, passwords, onProgress);
        const serverVersion = await noteStack(port, passwords.superuserPassword, place.stack);
        return { port, ...passwords, serverVersion };
      } catch (error) {
        if (make === build && isDiskFull(error, place.home)) {
          // What is half made must not keep the room that others need now.
          await removeFolders(place, readMarker(place.markerFile));
        }
        throw error;
      }
    }),
  );
}

type Passwords = Pick<ClusterAccess, "password" | "superuserPassword">;

type OnProgress = (message: string) => void;

/** By a copy of the prepared data directory, or without one. */
async function build(
  place: Place,
  major: PostgresMajor,
  passwords: Passwords,
  onProgress: OnProgress,
): Promise<number> {
  const folders = await createFolders(place, major);
  const port =
    (await buildByCopy(folders, passwords, onProgress)) ??
    (await buildByInitdb(folders, passwords, onProgress));
  writeMarker(place.markerFile, { ...folders.marker, state: "ready" });
  return port;
}

/**
 * A copy gets its passwords before a server runs on it, and is on disk when this returns. Undefined where that cannot be
 * done, with nothing left of it.
 */
async function buildByCopy(
  folders: Folders,
  passwords: Passwords,
  onProgress: OnProgress,
): Promise<number | undefined> {
  const { place, binaries, dataDirectory } = folders;
  try {
    const next = newNameFor(dataDirectory);
    await copyPrepared({ place, binaries, dataDirectory: next }, onProgress);
    await replacePasswords(binaries, next, byRole(passwords));
    renameSync(next, dataDirectory);
    onProgress("starting PostgreSQL");
    const [port] = await Promise.all([
      startOnItsPort(place, { dataDirectory, binaries, mayChange: true }),
      syncFolder(dataDirectory),
    ]);
    // What cannot be read shows here, while there is another way.
    await readServerVersion(port, passwords.superuserPassword);
    return port;
  } catch (error) {
    if (isDiskFull(error, dirname(dataDirectory))) {
      throw error;
    }
    const [reason = ""] = messageOf(error).split("\n");
    onProgress(`no server on a copy of the prepared data directory, which goes: ${reason}`);
    await stopServer(dataDirectory);
    removeLeftovers(dirname(dataDirectory), basename(dataDirectory));
    remove(dataDirectory);
    await dropPrepared(binaries.major, place.checkout);
    return undefined;
  }
}

async function buildByInitdb(
  { place, account, binaries, dataDirectory }: Folders,
  passwords: Passwords,
  onProgress: OnProgress,
): Promise<number> {
  onProgress(`making a data directory of ${versionOf(binaries)}`);
  const { superuserPassword } = passwords;
  const next = newNameFor(dataDirectory);
  await initdb({ binaries, account, dataDirectory: next, superuserPassword });
  renameSync(next, dataDirectory);
  onProgress("starting PostgreSQL");
  const port = await startOnItsPort(place, { dataDirectory, binaries, mayChange: true });
  onProgress("preparing the database (sql/dev_baseline)");
  await provision({ baseline: baselineFolder(join(place.checkout, "sql")), port, ...passwords });
  return port;
}

function adopt(found: Marker): typeof build {
  return async (place, major, passwords, onProgress) => {
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
    await replacePasswords(binaries, dataDirectory, byRole(passwords));
    return startOnItsPort(place, { dataDirectory, binaries, mayChange: true });
  };
}

function byRole({
  password,
  superuserPassword,
}: Passwords): Parameters<typeof replacePasswords>[2] {
  return { supabase_admin: superuserPassword, postgres: password };
}
