import { chmodSync, existsSync, lstatSync, mkdtempSync, readdirSync, readlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fault } from "../../base/fault";
import { identityOf } from "../../base/processes";
import { sha256 } from "../../base/sha256";
import { type Account, canUse, chownIfRoot, serverAccount } from "../system/account";
import { postmasterOf } from "../system/processes";
import { runProgram } from "../system/program";

/** `v7-throwaway-<pid>-<start of the process>-<pid namespace>-<random>`: the name identifies the owner's process at once. */
const NAME = /^v7-throwaway-(\d+)-([0-9a-f]{8})-([0-9a-f]{8})-[^-]+$/;

/** How long a server that is told to end at once may take. */
const END_MILLISECONDS = 10_000;

/** How long a cp or an initdb that outlived its process may go on filling the folder. */
const FILL_MILLISECONDS = 5_000;

/**
 * Makes the folder of a throwaway server, which only the account can enter.
 *
 * @throws EMBEDDED_FAILED where there is no folder for temporary files that the account can use
 */
export function makeThrowawayFolder(account: Account): string {
  for (const parent of parents()) {
    if (canUse(account, parent, "/bin/true")) {
      const name = `v7-throwaway-${process.pid}-${startOf(process.pid)}-${numbering()}-`;
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
 * Ends the throwaway servers whose process was killed, and removes their folders: only folders that belong to the servers'
 * account or to us, and whose process (by its number and start) is gone. Ignores those that cannot be removed.
 */
export async function removeAbandonedFolders(): Promise<void> {
  for (const parent of parents()) {
    for (const name of namesIn(parent).filter(isAbandoned)) {
      await removeThrowawayFolder(join(parent, name));
    }
  }
}

/**
 * Ends the server that still runs in a throwaway's folder, and removes the folder. Its keeper does both, unless it was
 * killed; that both do it does no harm. Does nothing where the folder is gone, or another user's.
 */
export async function removeThrowawayFolder(folder: string): Promise<void> {
  const owner = ownerOf(folder);
  if (owner === undefined) {
    return;
  }
  const end = Date.now() + END_MILLISECONDS;
  for (let pid = serverIn(folder); pid !== undefined && Date.now() < end; pid = serverIn(folder)) {
    await runAs(owner, "/bin/sh", ["-c", 'kill -QUIT "$1"', "sh", String(pid)], folder);
    await sleep(50);
  }
  await runAs(owner, "/bin/rm", ["-rf", "--", folder], folder);
  const filled = Date.now() + FILL_MILLISECONDS;
  while (existsSync(folder) && Date.now() < filled) {
    await sleep(50);
    await runAs(owner, "/bin/rm", ["-rf", "--", folder], folder);
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

function isAbandoned(name: string): boolean {
  const [, pid = "", start, space] = NAME.exec(name) ?? [];
  return space === numbering() && start !== startOf(Number(pid));
}

function serverIn(folder: string): number | undefined {
  return postmasterOf(join(folder, "data"));
}

/** The folder's owner, if that is the servers' account or this process's user; undefined for another owner, or for no folder. */
function ownerOf(folder: string): Account | undefined {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found?.isDirectory() !== true) {
    return undefined;
  }
  const { uid, gid } = found;
  return uid === process.getuid?.() || uid === serverAccount().uid ? { uid, gid } : undefined;
}

/** As the folder's owner, so that its files and links cannot make us do what the owner could not. */
async function runAs(
  account: Account,
  program: string,
  args: readonly string[],
  folder: string,
): Promise<void> {
  await runProgram(program, args, { what: `removing "${folder}"`, account, cwd: "/" }).catch(
    () => undefined,
  );
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
