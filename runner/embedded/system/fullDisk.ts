import { statfsSync } from "node:fs";
import { fault, messageOf } from "../../base/fault";
import { lastLines } from "./program";

/** With less free space a server cannot even log why it ended, so the disk counts as the reason. */
const NEARLY_NOTHING_BYTES = 1_000_000;

const CODES = ["ENOSPC", "EDQUOT"];
const MESSAGE = /no space left on device|disk quota exceeded/i;

/**
 * Runs the work; where it fails because a disk is full, throws a fault that says so.
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

/** Whether the error was caused by a full disk or an exceeded quota. */
export function isDiskFull(error: unknown, folder: string): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (CODES.includes((one as NodeJS.ErrnoException).code ?? "") || MESSAGE.test(one.message)) {
      return true;
    }
  }
  return freeBytes(folder) < NEARLY_NOTHING_BYTES;
}

/** The space that this user may still use there; infinite where it is unknown. */
function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
