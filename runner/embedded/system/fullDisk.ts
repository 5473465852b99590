import { statfsSync } from "node:fs";
import { fault, messageOf } from "../../base/fault";
import { lastLines } from "./program";

/** With less than this a server cannot even write its log, so nothing but the disk tells why it ended. */
const NEARLY_NOTHING_BYTES = 1_000_000;

const CODES = ["ENOSPC", "EDQUOT"];
const MESSAGE = /no space left on device|disk quota exceeded/i;

/**
 * Runs the work, and where it fails because a disk is full, says that and nothing else.
 *
 * @param folder where the work writes
 * @throws EMBEDDED_FAILED
 */
export async function sayingFullDisk<T>(
  what: string,
  folder: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!isDiskFull(cause, folder)) {
      throw cause;
    }
    throw fault("EMBEDDED_FAILED", {
      what,
      found: `no space left on the disk of "${folder}"`,
      remedy: "Make room, about 100 MB for a server, and run the same command again",
      detail: lastLines(messageOf(cause), 3),
      cause,
    });
  }
}

/** True where that failure comes of a full disk, or a quota used up. */
export function isDiskFull(error: unknown, folder: string): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (CODES.includes((one as NodeJS.ErrnoException).code ?? "") || MESSAGE.test(one.message)) {
      return true;
    }
  }
  return freeBytes(folder) < NEARLY_NOTHING_BYTES;
}

/** What this user may still write there; infinite where the system does not tell. */
function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
