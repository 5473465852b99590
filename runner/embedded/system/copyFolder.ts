import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../../base/sha256";
import { remove } from "../folder/leftovers";
import { isDiskFull } from "./fullDisk";
import { runProgram } from "./program";

/**
 * How `cp` shares the blocks of a file with its copy where the file system can (Btrfs, XFS, APFS), and copies them
 * elsewhere. The last way is understood by every `cp`.
 */
const WAYS: readonly (readonly string[])[] =
  process.platform === "darwin" ? [["-a", "-c"], ["-a"]] : [["-a", "--reflink=auto"], ["-a"]];

/**
 * Copies a folder with owners, modes and times; the copy is not on disk yet (`syncFolder`). Where it fails, nothing is
 * left of it.
 *
 * @throws EMBEDDED_FAILED with what `cp` says
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
 * Makes the copy by hard links, which takes no space: for files that nobody writes into. False, with nothing left of it,
 * where it lies on another file system or that has none.
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

/** Waits until what is below a folder is on disk: where the system can, it writes that file system alone. */
export async function syncFolder(folder: string): Promise<void> {
  const script = 'sync -f "$1" 2>/dev/null || sync';
  await runProgram("/bin/sh", ["-c", script, "sh", folder], {
    what: `writing "${folder}" to disk`,
    cwd: "/",
  });
}

/** The digest of the names and sizes of all files below a folder: of a copy that is not whole it is another one. */
export function listingDigest(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => `${file.slice(folder.length)} ${lstatSync(file).size}`);
  return sha256(files.sort().join("\n"));
}
