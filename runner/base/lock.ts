import { lstatSync, lutimesSync, mkdirSync, readlinkSync, symlinkSync, unlinkSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fault, messageOf } from "./fault";
import { identityOf } from "./processes";
import { sha256 } from "./sha256";

const POLL_MILLISECONDS = 50;
const TIMEOUT_SECONDS = 180;
/** An owner touches its lock this often; one on another host counts as gone after six times that. */
const TOUCH_MILLISECONDS = 10_000;
const GONE_MILLISECONDS = 6 * TOUCH_MILLISECONDS;
/** A claim is held for microseconds; one as old as this is of a process that died in them. */
const CLAIM_MILLISECONDS = 10_000;

/**
 * Runs the work while no other process runs work under the same lock; waits for one that does. A lock whose owner is gone
 * (killed, or the machine restarted) is taken over.
 *
 * A lock is a symbolic link to its owner's name: it appears whole or not at all, and only where there is none. It takes no
 * block of a full disk: what makes room, a removal, needs the lock, too.
 *
 * @param file its folder is made where it is missing
 * @param whileWaiting called while somebody has it, with that process's number; what it throws ends the waiting. Default:
 *   EMBEDDED_FAILED after 180 s
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  whileWaiting: (pid: string) => void = giveUpInTime(file),
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  while (!tryCreate(file)) {
    const owner = lockOwner(file);
    if (owner !== undefined && isGone(owner, file)) {
      takeAway(file, owner);
    } else if (owner !== undefined) {
      whileWaiting(owner.split(" ")[0] ?? "");
    }
    await sleep(POLL_MILLISECONDS);
  }
  const touch = setInterval(() => {
    touchLock(file);
  }, TOUCH_MILLISECONDS).unref();
  try {
    return await work();
  } finally {
    clearInterval(touch);
    remove(file);
  }
}

/** True while a living process holds it. */
export function isLocked(file: string): boolean {
  const owner = lockOwner(file);
  return owner !== undefined && !isGone(owner, file);
}

/** The name of the process that made the lock; undefined where there is no lock. */
export function lockOwner(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch (error) {
    // A file, as earlier versions made them: its age alone tells.
    return (error as NodeJS.ErrnoException).code === "EINVAL" ? "?" : undefined;
  }
}

/** What tells a process from all others, in few bytes: a longer link would take a block. */
export function ownerName(pid: number): string {
  return `${pid} ${sha256(hostname()).slice(0, 8)} ${sha256(identityOf(pid)).slice(0, 12)}`;
}

function isGone(owner: string, file: string): boolean {
  const [pid = "", host] = owner.split(" ");
  const here = ownerName(Number(pid));
  return host === here.split(" ")[1] ? owner !== here : ageOf(file) > GONE_MILLISECONDS;
}

/**
 * Removes the lock of a process that is gone, once. Of all who found it so only one gets the claim of that name, and only
 * who has the claim may remove that lock; so nobody removes the lock of the process that came after.
 */
function takeAway(file: string, owner: string): void {
  const claim = `${file}.${owner.replaceAll(/[^0-9a-z]+/gi, "-")}`;
  if (!tryCreate(claim)) {
    if (ageOf(claim) > CLAIM_MILLISECONDS) {
      remove(claim);
    }
    return;
  }
  if (lockOwner(file) === owner) {
    remove(file);
  }
  remove(claim);
}

function tryCreate(file: string): boolean {
  try {
    symlinkSync(ownerName(process.pid), file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      return false;
    }
    throw fault("EMBEDDED_FAILED", {
      what: `making the lock "${file}"`,
      found: messageOf(error),
      remedy: "Make its folder writable for the user who runs this",
      cause: error,
    });
  }
}

function remove(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
      throw error;
    }
  }
}

/** In milliseconds; 0 for a file that is not there. */
function ageOf(file: string): number {
  return Date.now() - (lstatSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
}

function touchLock(file: string): void {
  try {
    lutimesSync(file, new Date(), new Date());
  } catch {
    // The lock was removed under us; the work goes on, its results are renamed into place whole.
  }
}

function giveUpInTime(file: string): (pid: string) => void {
  const deadline = Date.now() + TIMEOUT_SECONDS * 1000;
  return (pid) => {
    if (Date.now() > deadline) {
      throw fault("EMBEDDED_FAILED", {
        what: `waiting for the lock "${file}"`,
        found: `the lock held by process ${pid} for ${TIMEOUT_SECONDS} s`,
        remedy: "Wait for that process, or end it",
      });
    }
  };
}
