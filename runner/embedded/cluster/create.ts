import { renameSync } from "node:fs";
import { fault } from "../../base/fault";
import { withLock } from "../../base/lock";
import { newNameFor } from "../../base/replaceFile";
import type { PostgresMajor } from "../../postgres/majors";
import { createFolders, removeFolders } from "../folder/folders";
import { dataDirectoryOf, deploy } from "../folder/location";
import { type Marker, readMarker, writeMarker } from "../folder/marker";
import { displayPath, type Place } from "../folder/place";
import { generatePassword } from "../server/scram";
import { stopServer } from "../server/server";
import { type Passwords, replacePasswords } from "../server/singleUser";
import { startOnItsPort } from "../server/start";
import { syncFolder } from "../system/copyFolder";
import { isDiskFull, sayingFullDisk } from "../system/fullDisk";
import { copyPrepared } from "./prepared";
import { noteStack } from "./provision";

/** What a caller needs to log in. The passwords are not stored: the server keeps only their verifiers. */
export interface ClusterAccess extends Passwords {
  readonly port: number;
  readonly serverVersion: string;
}

/**
 * Creates the stack's cluster and starts it. An incomplete cluster of an interrupted attempt is created again. A complete
 * one, whose stack's state was lost, keeps its data and gets new passwords.
 *
 * @param onProgress called with a description of each stage
 * @throws EMBEDDED_FAILED where the folder has other content, or a complete cluster of another major
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
          // An incomplete cluster must not use disk space that is needed now.
          await removeFolders(place, readMarker(place.markerFile));
        }
        throw error;
      }
    }),
  );
}

type OnProgress = (message: string) => void;

/** Starts a server on a copy of the prepared data directory. The copy gets its passwords before the server starts, and is on disk when this returns. */
async function build(
  place: Place,
  major: PostgresMajor,
  passwords: Passwords,
  onProgress: OnProgress,
): Promise<number> {
  const { checkout } = place;
  const { binaries, dataDirectory, marker } = await createFolders(place, major);
  const next = newNameFor(dataDirectory);
  const copy = { checkout, contents: "baseline", binaries, dataDirectory: next } as const;
  await copyPrepared(copy, onProgress);
  await replacePasswords({ binaries, dataDirectory: next }, passwords);
  renameSync(next, dataDirectory);
  onProgress("starting PostgreSQL");
  const [port] = await Promise.all([
    startOnItsPort(place, { dataDirectory, binaries, mayChange: true }),
    syncFolder(dataDirectory),
  ]);
  writeMarker(place.markerFile, { ...marker, state: "ready" });
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
    await replacePasswords({ binaries, dataDirectory }, passwords);
    return startOnItsPort(place, { dataDirectory, binaries, mayChange: true });
  };
}
