import { lstatSync, lutimesSync, mkdirSync, readlinkSync, symlinkSync, unlinkSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fault, messageOf } from "./fault";
import { identityOf } from "./processes";
import { sha256 } from "./sha256";

const POLL_MILLISECONDS = 50;
const TIMEOUT_SECONDS = 180;
/** How often an owner touches its lock; an owner on another host counts as gone six such times after its last touch. */
const TOUCH_MILLISECONDS = 10_000;
const GONE_MILLISECONDS = 6 * TOUCH_MILLISECONDS;
/** A claim exists for microseconds; a claim of this age was left by a process that died. */
const CLAIM_MILLISECONDS = 10_000;

/**
 * Runs the work while this process holds the lock; waits while another process holds it. Takes over a lock whose owner is
 * gone (killed, or the machine restarted).
 *
 * A lock is a symbolic link whose target is its owner's name: creating it is atomic, and fails where it exists. A short
 * link needs no disk block, so that a removal, which needs the lock, can make room on a full disk.
 *
 * @param file the lock's path; its folder is created where it is missing
 * @param whileWaiting called while another process holds the lock, with that process's number; an error that it throws
 *   ends the waiting. Default: EMBEDDED_FAILED after 180 s
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

/** Whether a living process holds the lock. */
export function isLocked(file: string): boolean {
  const owner = lockOwner(file);
  return owner !== undefined && !isGone(owner, file);
}

/** The name of the process that made the lock; undefined where there is no lock. */
export function lockOwner(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch (error) {
    // A plain file, which earlier versions used as a lock: only its age tells whether the owner is gone.
    return (error as NodeJS.ErrnoException).code === "EINVAL" ? "?" : undefined;
  }
}

/** A name that identifies a process among all others, short because a longer link would need a disk block. */
export function ownerName(pid: number): string {
  return `${pid} ${sha256(hostname()).slice(0, 8)} ${sha256(identityOf(pid)).slice(0, 12)}`;
}

function isGone(owner: string, file: string): boolean {
  const [pid = "", host] = owner.split(" ");
  const here = ownerName(Number(pid));
  return host === here.split(" ")[1] ? owner !== here : ageOf(file) > GONE_MILLISECONDS;
}

/**
 * Removes the lock of a process that is gone. Several processes may find it gone; only the one that creates the claim for
 * that owner may remove the lock, so that none of them removes the next owner's lock.
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

/** In milliseconds; 0 for a file that does not exist. */
function ageOf(file: string): number {
  return Date.now() - (lstatSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
}

function touchLock(file: string): void {
  try {
    lutimesSync(file, new Date(), new Date());
  } catch {
    // Somebody removed the lock. The work goes on: its results are renamed into place as a whole.
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
