import { existsSync, readFileSync } from "node:fs";
import { fault } from "../../base/fault";
import { replaceFile } from "../../base/replaceFile";
import { displayPath, type Place } from "../folder/place";
import { choosePort, isPortFree } from "../system/port";
import { postmasterOf } from "../system/processes";
import type { Binaries } from "./binaries";
import { PortTaken, shortenLog, startServer } from "./server";

export interface Start {
  readonly dataDirectory: string;
  readonly binaries: Binaries;
  /** Whether another port may be chosen: nobody knows the port yet, or the caller passes the new one on. */
  readonly mayChange: boolean;
}

/**
 * Starts the cluster on its port, chosen now where it has none, and returns the port.
 *
 * @throws EMBEDDED_FAILED where another program uses the port
 */
export async function startOnItsPort(place: Place, start: Start): Promise<number> {
  const { dataDirectory, binaries, mayChange } = start;
  shortenLog(place.logFile);
  for (let attempt = 1; ; attempt++) {
    const kept = readPort(place);
    const port = kept ?? (await choosePort(`${place.home} ${attempt}`));
    if (kept === undefined) {
      replaceFile(place.portFile, `${port}\n`);
    }
    try {
      if (postmasterOf(dataDirectory) === undefined && !(await isPortFree(port))) {
        throw new PortTaken();
      }
      await startServer({ binaries, dataDirectory, logFile: place.logFile, port });
      return port;
    } catch (error) {
      if (!(error instanceof PortTaken)) {
        throw error;
      }
      if (!mayChange || attempt === 5) {
        throw fault("EMBEDDED_FAILED", {
          what: `starting the embedded PostgreSQL of stack "${place.stack}"`,
          found: `another program listening on its port, ${port}`,
          remedy:
            "Run `npm start` or `pulumi up`, which choose another port and tell everybody who uses it; " +
            "or end that program",
        });
      }
      replaceFile(place.portFile, `${await choosePort(`${place.home} ${attempt + 1}`)}\n`);
    }
  }
}

/** The cluster's port; undefined where none was chosen yet. */
export function readPort(place: Place): number | undefined {
  if (!existsSync(place.portFile)) {
    return undefined;
  }
  const port = Number(readFileSync(place.portFile, "utf8").trim());
  if (!Number.isInteger(port) || port < 1024 || port > 65_535) {
    throw fault("EMBEDDED_FAILED", {
      what: `reading "${displayPath(place)}/port"`,
      found: "a text that is no port number",
      expected: "a number from 1024 to 65535",
      remedy: "Remove the file; the next start chooses another port",
    });
  }
  return port;
}
