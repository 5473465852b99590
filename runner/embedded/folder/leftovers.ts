import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { newNameFor } from "../../base/replaceFile";

/** Names from `newNameFor`, and of the password file that initdb has beside it. */
const NEW_NAME = /^.+\.[0-9a-f]{8}\.new(\.pw)?$/;

/** How often a folder that another program still fills is emptied, with a pause between: 30 s in all. */
const REMOVE_ATTEMPTS = 150;
const REMOVE_PAUSE_MILLISECONDS = 200;

export function isLeftover(name: string): boolean {
  return NEW_NAME.test(name);
}

/** Removes incomplete files and folders from one of our folders: all of them, or those for the file of that name. */
export function removeLeftovers(folder: string, ofName = ""): void {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  for (const name of names.filter((one) => isLeftover(one) && one.startsWith(ofName))) {
    remove(join(folder, name));
  }
}

/**
 * Removes a file or a folder, also while a program writes into it; does nothing where it does not exist.
 *
 * It is renamed first: a program that outlived its killed parent (a `cp` of PostgreSQL's files, say) then no longer finds
 * the folder. Otherwise it could fill the folder as fast as the folder is emptied.
 */
export function remove(path: string): void {
  const aside = newNameFor(path);
  const place = moveAside(path, aside) ? aside : path;
  for (let attempt = 1; ; attempt++) {
    try {
      rmSync(place, { recursive: true, force: true });
      return;
    } catch (error) {
      // An orphaned initdb works inside the folder under any name; it ends by itself within seconds.
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOTEMPTY" || attempt === REMOVE_ATTEMPTS) {
        throw error;
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, REMOVE_PAUSE_MILLISECONDS);
    }
  }
}

/** Renames it; false where it does not exist, or where its folder belongs to another user. */
function moveAside(path: string, aside: string): boolean {
  try {
    renameSync(path, aside);
    return true;
  } catch {
    return false;
  }
}
