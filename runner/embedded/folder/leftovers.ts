import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { newNameFor } from "../../base/replaceFile";

/** What `newNameFor` gives, and the password file that initdb has beside it. */
const NEW_NAME = /^.+\.[0-9a-f]{8}\.new(\.pw)?$/;

/** How often a folder that fills again is emptied, and the pause before each: 30 s in all. */
const REMOVE_ATTEMPTS = 150;
const REMOVE_PAUSE_MILLISECONDS = 200;

export function isLeftover(name: string): boolean {
  return NEW_NAME.test(name);
}

/** Removes from one of our folders what never became whole: all of it, or what was to become that name. */
export function removeLeftovers(folder: string, ofName = ""): void {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  for (const name of names.filter((one) => isLeftover(one) && one.startsWith(ofName))) {
    remove(join(folder, name));
  }
}

/**
 * Removes a file or a folder, also one that a program is writing into; nothing where there is nothing.
 *
 * It is moved aside first: a program that outlived its killed parent (a `cp` of PostgreSQL's files, say) then finds its
 * place gone, where it would otherwise fill a folder as fast as that is emptied.
 */
export function remove(path: string): void {
  const aside = newNameFor(path);
  const place = moveAside(path, aside) ? aside : path;
  for (let attempt = 1; ; attempt++) {
    try {
      rmSync(place, { recursive: true, force: true });
      return;
    } catch (error) {
      // An orphaned initdb works inside the folder, wherever that is; it ends by itself within seconds.
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOTEMPTY" || attempt === REMOVE_ATTEMPTS) {
        throw error;
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, REMOVE_PAUSE_MILLISECONDS);
    }
  }
}

/** Whether it could be moved: not where there is nothing, or where its folder belongs to somebody else. */
function moveAside(path: string, aside: string): boolean {
  try {
    renameSync(path, aside);
    return true;
  } catch {
    return false;
  }
}
