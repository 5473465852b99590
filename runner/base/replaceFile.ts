import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

/**
 * A name for something that is not whole yet, beside the one that it gets then. Another one each time: a program may
 * outlive the process that started it, and then works, and cleans up, at a place where nobody else does.
 */
export function newNameFor(path: string): string {
  return `${path}.${randomBytes(4).toString("hex")}.new`;
}

/**
 * Writes a whole file, and its folder where that is missing: the name has the old bytes or the new ones, whenever the
 * machine stops. Never writes through a link that waits under a name. On disk when this returns.
 */
export function replaceFile(file: string, content: string | Uint8Array, mode = 0o644): void {
  const folder = dirname(file);
  mkdirSync(folder, { recursive: true });
  const next = newNameFor(file);
  try {
    // wx: never through a file or a link that somebody else has put there.
    const handle = openSync(next, "wx", mode);
    try {
      writeFileSync(handle, content);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(next, file);
  } finally {
    rmSync(next, { force: true });
  }
  const handle = openSync(folder, "r");
  fsyncSync(handle);
  closeSync(handle);
}
