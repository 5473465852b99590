import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../../base/sha256";
import { remove } from "../folder/leftovers";
import { isDiskFull } from "./fullDisk";
import { runProgram } from "./program";

/**
 * Options of `cp` that share a file's blocks with its copy where the file system supports that (Btrfs, XFS, APFS), and then
 * the options that every `cp` understands.
 */
const WAYS: readonly (readonly string[])[] =
  process.platform === "darwin" ? [["-a", "-c"], ["-a"]] : [["-a", "--reflink=auto"], ["-a"]];

/**
 * Copies a folder with owners, modes and times; the copy is not synced to disk (`syncFolder`). A failed copy is removed.
 *
 * @throws EMBEDDED_FAILED with the message of `cp`
 */
export async function copyFolder(from: string, to: string): Promise<void> {
  for (const [index, flags] of WAYS.entries()) {
    try {
      const what = `copying "${from}" to "${to}"`;
      await runProgram("cp", [...flags, "--", from, to], { what, cwd: "/" });
      return;
    } catch (error) {
      remove(to);
      if (index === WAYS.length - 1 || isDiskFull(error, join(to, ".."))) {
        throw error;
      }
    }
  }
}

/**
 * Copies a folder by hard links, which take no space: only for files that nobody writes to. Returns false and leaves
 * nothing where the file system is another one, or has no hard links.
 */
export async function linkFolder(from: string, to: string): Promise<boolean> {
  try {
    await runProgram("cp", ["-R", "-P", "-l", "--", from, to], { what: "linking", cwd: "/" });
    return true;
  } catch {
    remove(to);
    return false;
  }
}

/** Waits until all files below a folder are on disk; where possible, syncs only their file system. */
export async function syncFolder(folder: string): Promise<void> {
  const script = 'sync -f "$1" 2>/dev/null || sync';
  await runProgram("/bin/sh", ["-c", script, "sh", folder], {
    what: `writing "${folder}" to disk`,
    cwd: "/",
  });
}

/** The digest of the names and sizes of all files below a folder, by which an incomplete copy is detected. */
export function listingDigest(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => `${file.slice(folder.length)} ${lstatSync(file).size}`);
  return sha256(files.sort().join("\n"));
}
