import { chmodSync, existsSync, lstatSync, mkdtempSync, readdirSync, readlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fault } from "../../base/fault";
import { identityOf } from "../../base/processes";
import { sha256 } from "../../base/sha256";
import { type Account, canUse, chownIfRoot } from "../system/account";
import { postmasterOf } from "../system/processes";
import { runProgram } from "../system/program";

/** `v7-throwaway-<pid>-<start of the process>-<pid namespace>-<random>`: the name identifies the owner's process at once. */
const NAME = /^v7-throwaway-(\d+)-([0-9a-f]{8})-([0-9a-f]{8})-[^-]+$/;

/**
 * Makes the folder of a throwaway server, which only the account can enter.
 *
 * @throws EMBEDDED_FAILED where there is no folder for temporary files that the account can use
 */
export function makeThrowawayFolder(account: Account): string {
  for (const parent of parents()) {
    if (canUse(account, parent, "/bin/true")) {
      const name = `v7-throwaway-${String(process.pid)}-${startOf(process.pid)}-${numbering()}-`;
      const folder = mkdtempSync(join(parent, name));
      chmodSync(folder, 0o700);
      chownIfRoot(folder, account);
      return folder;
    }
  }
  throw fault("EMBEDDED_FAILED", {
    what: "making a folder for a throwaway PostgreSQL",
    found: `no folder for temporary files that user ${account.uid} can enter`,
    remedy: "Set TMPDIR to one",
  });
}

/**
 * Removes the folders of throwaway servers whose process was killed: only folders that belong to that account or to us,
 * whose process (by its number and start) is gone, and on which no server runs. Ignores those that cannot be removed.
 */
export async function removeAbandonedFolders(account: Account): Promise<void> {
  for (const parent of parents()) {
    for (const name of namesIn(parent)) {
      const folder = join(parent, name);
      const owner = isAbandoned(name, folder) ? ownerOf(folder, account) : undefined;
      if (owner !== undefined) {
        await removeAs(owner, folder);
      }
    }
  }
}

function parents(): string[] {
  return [...new Set([tmpdir(), "/tmp", "/var/tmp"])].filter((parent) => existsSync(parent));
}

function namesIn(parent: string): string[] {
  try {
    return readdirSync(parent).filter((name) => NAME.test(name));
  } catch {
    return [];
  }
}

function isAbandoned(name: string, folder: string): boolean {
  const [, pid = "", start, space] = NAME.exec(name) ?? [];
  return (
    space === numbering() &&
    start !== startOf(Number(pid)) &&
    // While a server still runs, the keeper of the killed process is stopping it, and will remove the folder.
    postmasterOf(join(folder, "data")) === undefined
  );
}

/** The folder's owner, if that is the account or this process's user; undefined for another owner, or for no folder. */
function ownerOf(folder: string, account: Account): Account | undefined {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found?.isDirectory() !== true) {
    return undefined;
  }
  const { uid, gid } = found;
  return uid === account.uid || uid === process.getuid?.() ? { uid, gid } : undefined;
}

/** Removes the folder as its owner, so that links in it cannot make us remove what the owner could not. */
async function removeAs(owner: Account, folder: string): Promise<void> {
  const run = { what: `removing "${folder}"`, account: owner, cwd: "/" };
  await runProgram("/bin/rm", ["-rf", "--", folder], run).catch(() => undefined);
}

/** Identifies a process among others with the same number. */
function startOf(pid: number): string {
  return sha256(identityOf(pid)).slice(0, 8);
}

/** Identifies the pid namespace: the processes of another container have their own numbers and are not visible here. */
function numbering(): string {
  try {
    return sha256(readlinkSync("/proc/self/ns/pid")).slice(0, 8);
  } catch {
    return sha256("").slice(0, 8);
  }
}
