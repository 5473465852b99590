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
 * A new temporary name beside this path, for a file or folder that is renamed to the path once it is complete. It is
 * random, because a program that outlives its parent process must not write to, or remove, what another run is writing.
 */
export function newNameFor(path: string): string {
  return `${path}.${randomBytes(4).toString("hex")}.new`;
}

/**
 * Writes a file atomically, and makes its folder where that is missing: after a crash the file has either its old or its
 * new bytes. Never writes through a link. The file is on disk when this returns.
 */
export function replaceFile(file: string, content: string | Uint8Array): void {
  const folder = dirname(file);
  mkdirSync(folder, { recursive: true });
  const next = newNameFor(file);
  try {
    // wx fails where somebody else has put a file or a link there.
    const handle = openSync(next, "wx", 0o644);
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
