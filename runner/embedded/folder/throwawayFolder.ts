import { chmodSync, existsSync, lstatSync, mkdtempSync, readdirSync, readlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fault } from "../../base/fault";
import { identityOf } from "../../base/processes";
import { sha256 } from "../../base/sha256";
import { type Account, canUse, chownIfRoot } from "../system/account";
import { postmasterOf } from "../system/processes";
import { runProgram } from "../system/program";

/** `v7-throwaway-<process>-<its start>-<its process numbers>-<random>`: its name says from the first moment whose it is. */
const NAME = /^v7-throwaway-(\d+)-([0-9a-f]{8})-([0-9a-f]{8})-[^-]+$/;

/**
 * Makes the folder of a throwaway server, that the account alone can enter.
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
 * Removes what throwaway servers of killed processes left: only folders of that account or of ours, only those whose
 * process is dead, by its number and its start, and only where no server runs. What cannot be removed is left.
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
    // The keeper of a killed process is ending its server, and removes the folder itself.
    postmasterOf(join(folder, "data")) === undefined
  );
}

/** Whose folder it is, where that is the account or we ourselves; undefined for anybody else's, and for what is no folder. */
function ownerOf(folder: string, account: Account): Account | undefined {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found?.isDirectory() !== true) {
    return undefined;
  }
  const { uid, gid } = found;
  return uid === account.uid || uid === process.getuid?.() ? { uid, gid } : undefined;
}

/** Under the folder's own owner: whatever its files point to, nothing goes that this owner could not remove. */
async function removeAs(owner: Account, folder: string): Promise<void> {
  const run = { what: `removing "${folder}"`, account: owner, cwd: "/" };
  await runProgram("/bin/rm", ["-rf", "--", folder], run).catch(() => undefined);
}

/** Tells a process from another of the same number. */
function startOf(pid: number): string {
  return sha256(identityOf(pid)).slice(0, 8);
}

/** Processes of another container have numbers of their own: of those nothing is known here. */
function numbering(): string {
  try {
    return sha256(readlinkSync("/proc/self/ns/pid")).slice(0, 8);
  } catch {
    return sha256("").slice(0, 8);
  }
}
